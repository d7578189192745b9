import type { Logger } from 'pino';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import { type Polling, startPolling } from '../database/polling';
import { renewSecrets } from '../database/renew-secrets';
import { currentTime, fromNow, sql } from '../database/sql';
import { keyFrom, lockKeys, makeKey, PUBLISHED_BEFORE_MS, takeOver } from './key-chain';
import { privateKeys, readKeys, type StoredKey } from './stored-key';

const INTERVAL_MS = 600_000;
const DAY_MS = 86_400_000;

/** A process may sign with a key that it has read a moment ago. */
const SIGNS_AT_MOST_AFTER_MS = 3_600_000;

export interface RotationOptions {
  database: Database;
  encryption: Encryption;
  /** Days that a key signs. */
  rotationDays: number;
  log: Logger;
}

/**
 * Lets a new key take over in time, takes away what is over, and encrypts anew what is under an older encryption key, so
 * that it can be taken out of `ENCRYPTION_KEYS`. When the worker starts and every ten minutes; several workers may.
 */
export const startKeyRotation = (options: RotationOptions): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: () => rotationRound(options).then(() => INTERVAL_MS),
    log: options.log,
    onFailure: 'the signing keys could not be looked after',
  });

/** One look at the keys: mostly two queries. Where there is none, nobody has asked for a signature yet. */
export async function rotationRound({
  database,
  encryption,
  rotationDays,
  log,
}: RotationOptions): Promise<void> {
  const { keys, now } = await readKeys(database);
  if (!now) return;
  if (successorOf(keys, now, rotationDays)) await addSuccessor({ database, encryption, rotationDays, log });
  if (keys.some((key) => isOver(key, now))) await dropWhatIsOver(database);
  await renewSecrets(database, encryption, privateKeys, log);
}

/** What the next key follows upon, and when it begins to sign; null where it is not time to make one. */
function successorOf([newest]: readonly StoredKey[], now: Date, rotationDays: number) {
  if (!newest) return null;
  const end = newest.signsFrom.getTime() + rotationDays * DAY_MS;
  if (end - PUBLISHED_BEFORE_MS > now.getTime()) return null;
  // Where nobody has looked for a while it is overdue, and published before it signs all the same.
  return { newest, signsFrom: new Date(Math.max(end, now.getTime() + PUBLISHED_BEFORE_MS)) };
}

/** Somebody may have rotated the keys since they were looked at, so they are looked at again. */
async function addSuccessor({ database, encryption, rotationDays, log }: RotationOptions): Promise<void> {
  const made = await makeKey(encryption);
  const successor = await database.transaction(async (tx) => {
    const { keys, now } = await lockKeys(tx);
    const due = successorOf(keys, now, rotationDays);
    if (due) tx.write(takeOver(keyFrom(made, now, due.signsFrom), due.newest));
    return due;
  });
  if (!successor) return;
  const { newest, signsFrom } = successor;
  log.info({ predecessor: newest.kid, signsFrom }, 'a new signing key will take over');
}

const isOver = ({ privateKey, signsUntil, publishedUntil }: StoredKey, now: Date): boolean =>
  (privateKey !== null && isBefore(signsUntil, now.getTime() - SIGNS_AT_MOST_AFTER_MS)) ||
  isBefore(publishedUntil, now.getTime());

const isBefore = (time: Date | null, ms: number): boolean => time !== null && time.getTime() <= ms;

async function dropWhatIsOver(database: Database): Promise<void> {
  await database.query(
    sql`UPDATE signing_keys SET private_key = NULL WHERE signs_until <= ${fromNow(-SIGNS_AT_MOST_AFTER_MS)}`,
  );
  await database.query(sql`DELETE FROM signing_keys WHERE published_until <= ${currentTime}`);
}
