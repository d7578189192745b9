import { randomBytes } from 'node:crypto';
import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import type { Keep } from '../../database/keep';
import { databaseNow, sql } from '../../database/sql';
import { newUuid, Uuid } from '../../database/uuid';
import { type ApiKey, hashOf, type KeyAccess } from './api-key';
import { readerErases } from './cometchat-keys.errors';

export interface NewApiKey {
  name: string;
  access: KeyAccess;
  mayErase?: boolean;
}

/** A key at the one moment in which it is shown. */
export interface ApiKeyWithSecret {
  apiKey: ApiKey;
  key: string;
}

export type CreateApiKey = (
  input: NewApiKey,
  actor: Actor,
  keep?: Keep<ApiKeyWithSecret>,
) => Promise<ApiKeyWithSecret>;

const KEY_BYTES = 32;

/**
 * Gives out a key. It is answered this once; only its hash is kept.
 * @throws `request.invalid` for a key that erases and only reads
 */
export function createCreateApiKey(database: Database): CreateApiKey {
  return ({ name, access, mayErase = false }, actor, keep) => {
    if (mayErase && access === 'read') throw readerErases();
    const id = newUuid();
    const key = randomBytes(KEY_BYTES).toString('hex');
    return database.transaction(async (tx) => {
      const [[time]] = await tx.read(databaseNow);
      const createdAt = toTime(time?.now);
      const createdBy = actor.subject;
      const after = { name, access, mayErase };
      tx.write([
        sql`INSERT INTO cometchat_keys (id, name, key_hash, access, may_erase, created_at, created_by)
          VALUES (${new Uuid(id)}, ${name}, ${hashOf(key)}, ${access}, ${mayErase}, ${createdAt}, ${createdBy})`,
        ...appendAudit([
          {
            actor,
            action: 'cometchat_key.create',
            target: `cometchat_key:${id}`,
            changedFields: Object.keys(after),
            after,
            occurredAt: createdAt,
          },
        ]),
      ]);
      return { apiKey: { id, ...after, createdAt, createdBy, revokedAt: null, lastUsedAt: null }, key };
    }, keep);
  };
}
