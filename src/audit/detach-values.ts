import { sql, type Statement } from '../database/sql';

/**
 * Takes away what identifies somebody from every record about a user, for her erasure. The records stay, and so does
 * their chain: it holds the salted hash of the values alone. The salt goes with them, so that nobody can guess them.
 */
export const detachIdentifyingValues = (userId: number): Statement[] => [
  sql`DELETE FROM audit_values WHERE record_id IN (SELECT id FROM audit_records WHERE subject_user_id = ${userId})`,
];
