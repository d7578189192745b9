import { createHash } from 'node:crypto';
import type { RequestHandler } from 'express';
import type { Database } from '../../database/database';
import { toUuid } from '../../database/decode';
import { commaSeparated, currentTime, fromNow, sql } from '../../database/sql';
import { removeBatch, SWEEP_BATCH, type Sweep } from '../../database/sweeper';
import { DuplicateKeyError } from '../../database/unit-of-work';
import { Uuid } from '../../database/uuid';
import { SIGNATURE_WINDOW_MS } from './authenticate-app';
import { ZimRefusal } from './return-codes';

/**
 * Lets each signature through once, in all processes: it is good for as long as its timestamp, and whoever has seen it could
 * send it again with another body. It runs when the signature has been found right, so that nobody else spends a nonce.
 */
export const spendNonce =
  (database: Database): RequestHandler =>
  async (request, _response, next) => {
    // The signature covers both: they are texts.
    const { AppId = '', SignatureNonce = '' } = request.query as Record<string, string>;
    const digest = new Uuid(digestOf(`${AppId}/${SignatureNonce}`));
    try {
      await database.transaction((tx) => {
        tx.write(sql`INSERT INTO zim_nonces (digest, seen_at) VALUES (${digest}, ${currentTime})`);
        return Promise.resolve();
      });
    } catch (error) {
      throw error instanceof DuplicateKeyError ? new ZimRefusal('nonceUsed') : error;
    }
    next();
  };

/** 16 bytes of the SHA-256, in the shape of a UUID column. */
const digestOf = (text: string): string => toUuid(createHash('sha256').update(text).digest().subarray(0, 16));

/**
 * Nonces whose signature cannot be in its window any more: its timestamp was one window ahead at most when it was seen,
 * and is good for another.
 */
export const nonceSweep: Sweep = {
  kind: 'zim_nonces',
  batch: (database) =>
    removeBatch(
      database,
      sql`SELECT digest FROM zim_nonces WHERE seen_at < ${fromNow(-2 * SIGNATURE_WINDOW_MS)}
        ORDER BY seen_at LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
      (row) => new Uuid(toUuid(row.digest)),
      (digests) => [sql`DELETE FROM zim_nonces WHERE digest IN (${commaSeparated(digests)})`],
    ),
};
