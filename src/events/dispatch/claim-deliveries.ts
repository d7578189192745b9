import { orNull, toInteger, toText, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { commaSeparated, currentTime, fromNow, sql, type Statement } from '../../database/sql';
import type { Transaction } from '../../database/transaction';
import { Uuid } from '../../database/uuid';
import type { EventType } from '../catalogue';
import type { ClaimedDelivery, Pace, Sender } from '../channel';

/** What an attempt may need besides the sending itself, before its lease ends: to be recorded, above all. */
const LEASE_SLACK_MS = 10_000;

/** Asks for one attempt at one delivery. */
export interface ClaimCommand {
  deliveryId: string;
  /** From 1. */
  attempt: number;
  target: string;
  /** Whether it has had its turn among those of a receiver with a rate. */
  hadTurn: boolean;
}

/** An attempt that this process holds: nobody else sends until its lease has run out. */
export interface Claim<Receiver> {
  delivery: ClaimedDelivery;
  receiver: Receiver | undefined;
  pace: Pace;
  /** Attempts that were made before somebody repaired the delivery. */
  scheduleBase: number;
  /** By the database's clock. */
  startedAt: Date;
}

export type ClaimOutcome<Receiver> =
  | { kind: 'claimed'; claim: Claim<Receiver> }
  /** There is no such attempt to be made: it is over, was made by somebody else, or is under way. */
  | { kind: 'lost' }
  /** Somebody has locked the row; what becomes of it is not known yet. */
  | { kind: 'locked' }
  /** An older delivery about the same user, to the same receiver, has not had its first attempt. */
  | { kind: 'behind'; userId: number; sequence: number }
  /** The same, and that one waits for its next attempt: this one is due with it. */
  | { kind: 'put off'; until: Date }
  /** Nothing is sent to the receiver for so long. */
  | { kind: 'paused'; forMs: number }
  /** The receiver has a rate, and this delivery has not had its turn. */
  | { kind: 'unpaced'; perSecond: number };

type Outcomes<Receiver> = ReadonlyMap<ClaimCommand, ClaimOutcome<Receiver>>;

/**
 * Claims attempts in the given transaction, in two round trips whatever their number: lock and read, then write. A
 * claim is conditional: the delivery is pending, this is its next attempt, and nobody holds it. Who does not win sends
 * nothing.
 * @param commands of different deliveries
 */
export async function claimTogether<Receiver>(
  tx: Transaction,
  sender: Sender<Receiver>,
  commands: readonly ClaimCommand[],
): Promise<Outcomes<Receiver>> {
  if (commands.length === 0) return new Map();
  const ids = commaSeparated(commands.map(({ deliveryId }) => new Uuid(deliveryId)));
  const receiversOf = sender.selectReceivers([...new Set(commands.map(({ target }) => target))]);
  const [locked, rows, receiverRows = []] = await tx.read(
    sql`SELECT id FROM deliveries WHERE id IN (${ids}) FOR UPDATE SKIP LOCKED`,
    selectDeliveries(ids, sender.keepsOrder ? allBefore : firstAttemptsBefore),
    ...(receiversOf ? [receiversOf] : []),
  );
  const held = new Set(locked.map(({ id }) => toUuid(id)));
  const found = new Map(rows.map((row) => [toUuid(row.id), row]));
  const receivers = sender.readReceivers(receiverRows);

  const outcomes: Outcomes<Receiver> = new Map(
    commands.map((command) => {
      const row = found.get(command.deliveryId);
      const isHeld = held.has(command.deliveryId);
      return [command, judge(command, row, isHeld, sender, receivers.get(command.target))];
    }),
  );
  tx.write(writeClaims(sender, outcomes));
  return outcomes;
}

/** Over the alias `o`: what a delivery stands behind. */
const firstAttemptsBefore: Statement = sql`o.state = 'pending'
  AND (o.attempts = 0 OR (o.attempts = 1 AND o.lease_until > ${currentTime}))`;

/**
 * The end of access does not wait for the event that it came with: what one change has made may be applied in any order,
 * and a receiver that cannot take the one must not be kept from the other. It follows right upon it (`access-event.ts`).
 * Over the aliases `o` of the older and `d` of the later.
 */
export const ofTheSameChange: Statement = sql`(d.event_type = 'sessions.revoked' AND o.sequence = d.sequence - 1
  AND o.created_at = d.created_at)`;

/** Where the order is kept over retries. What is held is older than what came after its receiver went on. */
const allBefore: Statement = sql`o.state IN ('pending', 'held') AND NOT ${ofTheSameChange}`;

/**
 * The order is told by the sequence (I5). The lock on the user's row made an older delivery visible before a younger
 * one existed, so that reading here is enough, without locking the older one.
 */
const selectDeliveries = (ids: Statement, before: Statement): Statement =>
  sql`SELECT d.id, d.state, d.attempts, d.lease_until, d.schedule_base, d.target, d.recipient, d.sequence,
    e.id AS event_id, e.type, e.user_id, e.payload, e.occurred_at, ${currentTime} AS now,
    (SELECT MAX(o.next_attempt_at) FROM deliveries o WHERE o.user_id = d.user_id AND ${before}
      AND o.channel = d.channel AND o.target = d.target AND o.sequence < d.sequence) AS behind
    FROM deliveries d JOIN events e ON e.id = d.event_id WHERE d.id IN (${ids})`;

function judge<Receiver>(
  command: ClaimCommand,
  row: Row | undefined,
  isHeld: boolean,
  sender: Sender<Receiver>,
  receiver: Receiver | undefined,
): ClaimOutcome<Receiver> {
  if (!row || toText(row.state) !== 'pending' || toInteger(row.attempts) !== command.attempt - 1) {
    return { kind: 'lost' };
  }
  if (!isHeld) return { kind: 'locked' };
  const startedAt = toTime(row.now);
  const leaseUntil = orNull(toTime, row.lease_until);
  if (leaseUntil !== null && leaseUntil > startedAt) return { kind: 'lost' };

  const pace = sender.paceOf(receiver);
  const pausedForMs = pace.notBefore === null ? 0 : pace.notBefore.getTime() - startedAt.getTime();
  if (pausedForMs > 0) return { kind: 'paused', forMs: pausedForMs };
  if (pace.perSecond !== null && !command.hadTurn) return { kind: 'unpaced', perSecond: pace.perSecond };
  const behind = orNull(toTime, row.behind);
  if (behind !== null && sender.keepsOrder && behind > startedAt) return { kind: 'put off', until: behind };
  if (behind !== null) {
    return { kind: 'behind', userId: toInteger(row.user_id), sequence: toInteger(row.sequence) };
  }
  const scheduleBase = toInteger(row.schedule_base);
  return {
    kind: 'claimed',
    claim: { delivery: toClaimed(row, command.attempt), receiver, pace, scheduleBase, startedAt },
  };
}

const toClaimed = (row: Row, attempt: number): ClaimedDelivery => ({
  id: toUuid(row.id),
  target: toText(row.target),
  attempt,
  event: {
    id: toUuid(row.event_id),
    type: toText(row.type) as EventType,
    userId: orNull(toInteger, row.user_id),
    payload: toText(row.payload),
    occurredAt: toTime(row.occurred_at),
  },
  recipient: orNull(toText, row.recipient),
});

/** The rows are locked and were judged, so nothing has to be asked again. */
function writeClaims<Receiver>(sender: Sender<Receiver>, outcomes: Outcomes<Receiver>): Statement[] {
  const byLimit = new Map<number, Uuid[]>();
  const statements: Statement[] = [];
  for (const [{ deliveryId }, outcome] of outcomes) {
    if (outcome.kind === 'put off') statements.push(putOff(deliveryId, outcome.until));
    if (outcome.kind !== 'claimed') continue;
    const { delivery, receiver } = outcome.claim;
    const limitMs = sender.limitMsOf(receiver);
    byLimit.set(limitMs, [...(byLimit.get(limitMs) ?? []), new Uuid(delivery.id)]);
  }
  for (const [limitMs, ids] of byLimit) {
    statements.push(sql`UPDATE deliveries SET attempts = attempts + 1,
      lease_until = ${fromNow(limitMs + LEASE_SLACK_MS)} WHERE id IN (${commaSeparated(ids)})`);
  }
  return statements;
}

/** The relay brings it back then; until then it costs nothing. */
const putOff = (deliveryId: string, until: Date): Statement =>
  sql`UPDATE deliveries SET next_attempt_at = ${until}, enqueued_at = NULL WHERE id = ${new Uuid(deliveryId)}`;
