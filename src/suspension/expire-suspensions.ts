import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { toInteger, toTime } from '../database/decode';
import { currentTime, fromNow, sql, type Statement } from '../database/sql';
import type { Outbox } from '../events/outbox';
import { type Polling, startPolling } from '../database/polling';
import { changeSuspensions } from './change-suspensions';
import { expireCommand } from './suspension-command';

/** Between two looks; what falls due in between is known by the first of them, and closed in time. */
const INTERVAL_MS = 500;

/** Users in one transaction at most. */
const BATCH = 200;

export interface ExpiryOptions {
  database: Database;
  outbox: Outbox;
  log: Logger;
  /** Called for each suspension that was closed, with the seconds since its time had run out. */
  onExpired: (lateBySeconds: number) => void;
}

interface DueUser {
  userId: number;
  /** Negative where it is due already. */
  dueInMs: number;
}

/**
 * Closes suspensions whose time has run out (DESIGN.md, Expiry). Nobody waits for it: whoever reads a user enforces the
 * until. Several workers may run it, and one that was down goes on where it stopped: the rows are the schedule, and a
 * suspension is closed under the user's lock, once.
 */
export const startExpiry = (options: ExpiryOptions): Polling =>
  startPolling({
    intervalMs: INTERVAL_MS,
    round: () => expireDue(options),
    log: options.log,
    onFailure: 'suspensions whose time has run out could not be closed',
  });

/**
 * One batch.
 * @returns in how many milliseconds to look again
 */
export async function expireDue({ database, outbox, onExpired }: ExpiryOptions): Promise<number> {
  const soon = await selectSoon(database);
  const lookedAt = performance.now();
  const due = new Map(soon.filter(({ dueInMs }) => dueInMs <= 0).map((user) => [user.userId, user.dueInMs]));
  const next = soon.find(({ dueInMs }) => dueInMs > 0)?.dueInMs ?? INTERVAL_MS;
  if (due.size === 0) return next;

  const commands = [...due.keys()].sort((a, b) => a - b).map(expireCommand);
  // Whom somebody else holds is being changed: a later round sees what became of her.
  const change = await database.transaction((tx) => changeSuspensions(tx, outbox, commands, 'free'));
  outbox.handOver(change.deliveries);

  const tookMs = performance.now() - lookedAt;
  const closed = [...change.outcomes.values()].filter((one) => 'value' in one && one.value.changed);
  for (const one of closed) {
    if ('value' in one) onExpired((tookMs - (due.get(one.value.userId) ?? 0)) / 1000);
  }
  return closed.length === BATCH ? 0 : next;
}

async function selectSoon(database: Database): Promise<DueUser[]> {
  const { rows } = await database.query(dueWithin(INTERVAL_MS));
  return rows.map((row) => ({
    userId: toInteger(row.id),
    dueInMs: toTime(row.suspended_until).getTime() - toTime(row.now).getTime(),
  }));
}

/** By the index on the until, in which nobody stands who is not suspended for a time. */
const dueWithin = (ms: number): Statement =>
  sql`SELECT id, suspended_until, ${currentTime} AS now FROM users WHERE suspended_until <= ${fromNow(ms)}
    ORDER BY suspended_until, id LIMIT ${BATCH}`;
