import { commaSeparated, lockInKeyOrder, sql, type Statement, unionAll } from '../database/sql';

/** Which of these users are on the owner's list. */
export const selectBlocked = (ownerId: number, otherIds: readonly number[]): Statement =>
  sql`SELECT blocked_id FROM block_list_entries
    WHERE owner_id = ${ownerId} AND blocked_id IN (${commaSeparated(otherIds)})`;

/** How long a list is, with those of whom it does not show while they are deactivated. */
export const countEntries = (ownerId: number): Statement =>
  sql`SELECT COUNT(*) AS size FROM block_list_entries WHERE owner_id = ${ownerId}`;

/** The last of them is the newest. */
export const insertEntries = (ownerId: number, blockedIds: readonly number[], createdAt: Date): Statement =>
  sql`INSERT INTO block_list_entries (owner_id, blocked_id, created_at)
    VALUES ${commaSeparated(blockedIds.map((blockedId) => sql`(${ownerId}, ${blockedId}, ${createdAt})`))}`;

export const deleteEntries = (ownerId: number, blockedIds: readonly number[]): Statement =>
  sql`DELETE FROM block_list_entries
    WHERE owner_id = ${ownerId} AND blocked_id IN (${commaSeparated(blockedIds)})`;

/** Takes a user off all lists, and hers away. Somebody else on one of them may be erased at the same moment. */
export const eraseEntries = ({ id }: { id: number }): Statement[] => [
  lockInKeyOrder(
    'block_list_entries',
    'position',
    unionAll([
      sql`SELECT position FROM block_list_entries WHERE owner_id = ${id}`,
      sql`SELECT position FROM block_list_entries WHERE blocked_id = ${id}`,
    ]),
  ),
  sql`DELETE FROM block_list_entries WHERE owner_id = ${id}`,
  sql`DELETE FROM block_list_entries WHERE blocked_id = ${id}`,
];
