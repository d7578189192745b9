import type { Keyring } from '../database/keyring';
import type { Caller } from '../http/caller';
import type { Actor } from './audit';

/**
 * The caller as the audit trail names her. A user with her own token is named by a keyed hash of her uid, the same each
 * time: the actor is sealed and stays, so the uid itself would outlive her erasure (I7).
 */
export const actorOf = (keyring: Pick<Keyring, 'mac'>, caller: Caller): Actor =>
  caller.kind === 'client' ? caller : { ...caller, subject: namedByUid(keyring, caller.subject) };

/** The key is for this alone, or the hash in her tombstone would tell her id. */
export const namedByUid = (keyring: Pick<Keyring, 'mac'>, uid: string): string =>
  `user:${keyring.mac('audit actor', uid)}`;
