import type { Database } from '../database/database';
import { orNull, toInteger, toTime } from '../database/decode';
import { currentTime, sql, type Statement } from '../database/sql';
import { selectDeliveryKeys } from './delivery-keys';
import type { DeliveryState } from './delivery.entity';

/** What is not over, or not well. */
export const BACKLOG_STATES = [
  'pending',
  'held',
  'dead',
  'skipped',
] as const satisfies readonly DeliveryState[];

export type BacklogState = (typeof BACKLOG_STATES)[number];

/** Counted up to here and no further: more is too many in any case, and counting must not become work. */
const COUNTED_AT_MOST = 100_000;

/** Of the oldest that are pending so many are looked at: those among them that arrived once are merely replayed. */
const OLDEST = 1_000;

export interface Backlog {
  /** `COUNTED_AT_MOST` says that or more. */
  counts: Record<BacklogState, number>;
  /** Since the event of the oldest delivery that is pending and has never arrived; 0 where there is none. */
  oldestUndeliveredSeconds: number;
}

/** Everything by index, and bounded: a backlog of millions costs as much as one of `COUNTED_AT_MOST`. */
export async function measureBacklog(database: Database): Promise<Backlog> {
  const [counts, oldestUndeliveredSeconds] = await Promise.all([
    Promise.all(BACKLOG_STATES.map(async (state) => [state, await count(database, state)] as const)),
    oldestUndelivered(database),
  ]);
  return { counts: Object.fromEntries(counts) as Backlog['counts'], oldestUndeliveredSeconds };
}

async function count(database: Database, state: BacklogState): Promise<number> {
  const { rows } = await database.query(sql`SELECT COUNT(*) AS amount FROM
    (SELECT 1 FROM deliveries WHERE state = ${state} LIMIT ${COUNTED_AT_MOST}) counted`);
  return toInteger(rows[0]?.amount);
}

async function oldestUndelivered(database: Database): Promise<number> {
  const { rows } = await database.query(selectOldest);
  const createdAt = orNull(toTime, rows[0]?.created_at);
  return createdAt ? Math.max(0, toTime(rows[0]?.now).getTime() - createdAt.getTime()) / 1000 : 0;
}

const selectOldest: Statement = sql`SELECT MIN(d.created_at) AS created_at, ${currentTime} AS now
  FROM (${selectDeliveryKeys({ states: ['pending'] }, { order: 'oldest first', limit: OLDEST, after: null })}) oldest
  JOIN deliveries d ON d.id = oldest.id WHERE d.delivered_at IS NULL`;
