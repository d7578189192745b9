import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { orNull, toBoolean, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import type { Keep } from '../database/keep';
import { announcing, databaseNow, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { Uuid } from '../database/uuid';
import type { QueueName } from '../queues/queues';
import type { ChannelName } from './channel';
import { deliveryErased, deliveryNotFound } from './deliveries.errors';
import { deliveryColumns, type DeliveryView, toDeliveryView } from './delivery-queries';
import { hasContent, namesUser } from './forget';
import type { Outbox } from './outbox';
import { renewed } from './renew-deliveries';

/** A delivery that is to be sent anew, as its channel judges it. */
export interface Repairable {
  id: string;
  target: string;
  userId: number | null;
  /** Whether an address is kept with it (`delivery-recipient.ts`). */
  keepsAddress: boolean;
}

/**
 * Refuses where nothing can be sent to the receiver; each channel brings one. It decides nothing: the attempt looks again.
 * @returns `held` where the receiver fetches it
 */
export type AssertReceiver = (tx: Transaction, delivery: Repairable) => Promise<'pending' | 'held'>;

export interface RedeliverOptions {
  assertReceiver: Readonly<Record<ChannelName, AssertReceiver>>;
  queueOf: Readonly<Record<ChannelName, QueueName>>;
  /** Channels that tell of the end of an erased user's access. */
  alwaysTold: readonly ChannelName[];
}

export interface Redelivered {
  delivery: DeliveryView;
  /** False where it was left alone, because it is being sent at this moment. */
  renewed: boolean;
}

export type RedeliverDelivery = (id: string, actor: Actor, keep?: Keep<Redelivered>) => Promise<Redelivered>;

/**
 * Has a delivery sent anew, whatever came of it, by the same id and with a whole schedule before it. One that is
 * pending does not wait for its time; one that is being sent is left alone.
 * @throws `delivery.not_found`, `delivery.erased`, and what the channel says of a receiver that is not there
 */
export function createRedeliverDelivery(
  database: Database,
  outbox: Outbox,
  { assertReceiver, queueOf, alwaysTold }: RedeliverOptions,
): RedeliverDelivery {
  return async (id, actor, keep) => {
    const redelivered = await database.transaction(async (tx) => {
      const [[row], [time]] = await tx.read(lockDelivery(id), databaseNow);
      if (!row) throw deliveryNotFound();
      const delivery = toDeliveryView(row);
      const isLeft = toBoolean(alwaysTold.includes(delivery.channel) ? row.names_user : row.has_content);
      if (!isLeft) throw deliveryErased();
      const keepsAddress = row.recipient !== null;
      const state = await assertReceiver[delivery.channel](tx, { ...delivery, keepsAddress });
      const now = toTime(time?.now);
      if (isHeld(row, now)) return { delivery, renewed: false };
      tx.write(renew(id, state, now));
      tx.write(auditOf(delivery, state, actor, now));
      return { delivery: renewedView(delivery, state, now), renewed: true };
    }, keep);
    const { delivery } = redelivered;
    if (redelivered.renewed) outbox.handOver([{ ...delivery, queue: queueOf[delivery.channel] }]);
    return redelivered;
  };
}

/** With its event, so that this is not being erased: see `erase-user.ts`. */
const lockDelivery = (id: string): Statement =>
  sql`SELECT ${deliveryColumns}, d.lease_until, d.recipient, ${hasContent} AS has_content,
    ${namesUser} AS names_user FROM deliveries d
    JOIN events e ON e.id = d.event_id WHERE d.id = ${new Uuid(id)} FOR UPDATE`;

const isHeld = (row: Row, now: Date): boolean => (orNull(toTime, row.lease_until) ?? now) > now;

/** `enqueued_at` is written as if the queue had taken it already, as for a new one (`outbox.ts`). */
const renew = (id: string, state: 'pending' | 'held', now: Date): Statement => {
  const update = sql`UPDATE deliveries SET ${renewed(state)}, next_attempt_at = ${now}, enqueued_at = ${now}
    WHERE id = ${new Uuid(id)}`;
  return state === 'held' ? announcing('security-events', update) : update;
};

const renewedView = (delivery: DeliveryView, state: 'pending' | 'held', now: Date): DeliveryView => ({
  ...delivery,
  state,
  nextAttemptAt: now,
  finishedAt: null,
});

const auditOf = (
  { id, userId, state: before }: DeliveryView,
  after: 'pending' | 'held',
  actor: Actor,
  occurredAt: Date,
): Statement[] =>
  appendAudit([
    {
      actor,
      action: 'delivery.redeliver',
      target: `delivery:${id}`,
      userId,
      changedFields: ['state'],
      before: { state: before },
      after: { state: after },
      occurredAt,
    },
  ]);
