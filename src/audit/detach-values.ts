import { deleteJoined, sql, type Statement } from '../database/sql';

/**
 * Takes away what identifies somebody from every record about a user, for her erasure. The records stay, and so does
 * their chain: it holds the salted hash of the values alone. The salt goes with them, so that nobody can guess them.
 */
export const detachIdentifyingValues = (userId: number): Statement[] => [
  deleteJoined('audit_values', 'audit_records', 'd.record_id = o.id', sql`o.subject_user_id = ${userId}`),
];
