import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import { databaseNow } from '../../database/sql';
import { untilPast } from '../suspension.errors';
import type { BatchOptions } from './batch-options';

/**
 * Refuses the whole before the first user is touched; one whose turn comes after the until has passed is refused alone.
 * @throws `suspension.until_past`
 */
export async function assertUntilAhead(
  database: Database,
  { until }: BatchOptions,
  place: '/body' | '/query',
): Promise<void> {
  if (until === null) return;
  const { rows } = await database.query(databaseNow);
  if (new Date(until) <= toTime(rows[0]?.now)) throw untilPast(`${place}/blockedUntil`);
}
