import { deleteJoined, KeyedValue, sql, type Statement } from '../database/sql';
import { namedByUid } from './actor-of';

/**
 * Takes away what identifies somebody from every record about a user, for her erasure. The records stay, and so does
 * their chain: it holds the salted hash of the values alone. The salt goes with them, so that nobody can guess them.
 */
export const detachIdentifyingValues = (userId: number): Statement[] => [
  detach(sql`o.subject_user_id = ${userId}`),
];

/** The same for the records of what she did with her own tokens: they hold the address that she did it from. */
export const detachValuesOfActor = (uid: string): Statement[] => [
  detach(sql`o.actor = ${new KeyedValue((keyring) => namedByUid(keyring, uid))}`),
];

const detach = (which: Statement): Statement =>
  deleteJoined('audit_values', 'audit_records', 'd.record_id = o.id', which);
