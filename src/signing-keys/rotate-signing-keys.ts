import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import { sql, type Statement } from '../database/sql';
import {
  insertKey,
  keyFrom,
  lockKeys,
  makeKey,
  type NewKey,
  PUBLISHED_BEFORE_MS,
  takeOver,
} from './key-chain';
import { isPublished, type StoredKey } from './stored-key';

export interface RotateCommand {
  /** Whether somebody else may have a private key. */
  compromised: boolean;
  actor: Actor;
}

export interface Rotation {
  /** What signs from now on, or will take over. */
  key: StoredKey;
  /** The `kid` of each key that is published no more, the newest first. */
  withdrawn: readonly string[];
  at: Date;
}

export type RotateSigningKeys = (command: RotateCommand, keep?: Keep<Rotation>) => Promise<Rotation>;

/** What is written of the keys, and what comes of it. */
interface Plan extends Omit<Rotation, 'at'> {
  writes: readonly Statement[];
}

/**
 * Rotates the signing keys before their time. Usually the next key takes over once everybody has it, the one that waits
 * for that already where there is one. Of keys that are compromised none is left: the new one signs with the commit, and
 * what others hold of the old ones verifies nothing that is published.
 */
export const createRotateSigningKeys =
  (database: Database, encryption: Encryption): RotateSigningKeys =>
  async ({ compromised, actor }, keep) => {
    const made = await makeKey(encryption);
    return database.transaction(async (tx) => {
      const { keys, now } = await lockKeys(tx);
      const { writes, ...planned } = compromised ? planReplacing(made, keys, now) : planNext(made, keys, now);
      tx.write(writes);
      if (writes.length > 0) tx.write(appendAudit([auditOf(actor, keys, planned, now)]));
      return { ...planned, at: now };
    }, keep);
  };

/** All of them, the key that would take over next as well: it stood beside the others. */
const planReplacing = (made: NewKey, keys: readonly StoredKey[], now: Date): Plan => {
  const key = keyFrom(made, now, now);
  const withdrawn = keys.filter((each) => isPublished(each, now)).map(({ kid }) => kid);
  return { key, withdrawn, writes: [sql`DELETE FROM signing_keys`, insertKey(key, keys[0])] };
};

function planNext(made: NewKey, [newest]: readonly StoredKey[], now: Date): Plan {
  if (!newest) {
    const first = keyFrom(made, now, now);
    return { key: first, withdrawn: [], writes: [insertKey(first, newest)] };
  }
  if (newest.signsFrom > now) return { key: newest, withdrawn: [], writes: [] };
  const key = keyFrom(made, now, new Date(now.getTime() + PUBLISHED_BEFORE_MS));
  return { key, withdrawn: [], writes: takeOver(key, newest) };
}

function auditOf(
  actor: Actor,
  keys: readonly StoredKey[],
  { key, withdrawn }: Omit<Plan, 'writes'>,
  now: Date,
) {
  const before = keys.filter((each) => isPublished(each, now)).map(({ kid }) => kid);
  const after = [key.kid, ...before.filter((kid) => !withdrawn.includes(kid))];
  return {
    actor,
    action: 'signing_keys.rotate' as const,
    target: `signing_key:${key.kid}`,
    changedFields: ['published'],
    before: { published: before },
    after: { published: after },
    occurredAt: now,
  };
}
