import type { Row } from '../database/engines/engine';
import { announcing, commaSeparated, sql, type Statement } from '../database/sql';
import { newUuid, Uuid } from '../database/uuid';
import type { DeliveryJob, JobQueues, QueueName } from '../queues/queues';
import {
  type AnyUserEventData,
  type EndpointEventData,
  type EventEnvelope,
  SCHEMA_VERSION,
  type StreamEventData,
} from './catalogue';
import type { Channel, ChannelName, EventDraft, PlannedDelivery } from './channel';
import { sealRecipient } from './delivery-recipient';
import type { DeliveryState } from './delivery.entity';

/** An event with its content. */
export interface NewEvent extends EventDraft {
  envelope: EventEnvelope<AnyUserEventData | EndpointEventData | StreamEventData>;
  occurredAt: Date;
}

/** What a queue has to know of a delivery. */
export interface DueDelivery {
  id: string;
  queue: QueueName;
  target: string;
  state: DeliveryState;
  /** Attempts that were made at it; none where absent. */
  attempts?: number;
}

/** The rows of the channels' candidates, by channel. */
export type Candidates = ReadonlyMap<ChannelName, readonly Row[]>;

/** What a unit of work has to write for its events, and the deliveries that this makes. */
export interface OutboxPlan {
  writes: Statement[];
  deliveries: PlannedDelivery[];
}

/** The transactional outbox: events and deliveries are rows first, jobs second. */
export interface Outbox {
  /**
   * The statements to read in the transaction of events about these users: for the channels that somebody asked for, and
   * those that are always told.
   */
  candidateReads(
    askedFor: ReadonlySet<ChannelName>,
    userIds: readonly number[],
  ): { channel: ChannelName; statement: Statement }[];
  /** Whether anybody is told of the event. */
  isTold(event: EventDraft, candidates: Candidates): boolean;
  plan(events: readonly NewEvent[], candidates: Candidates): OutboxPlan;
  /** After the commit: hands the deliveries to the queues. Never fails; what a queue does not take, the relay finds. */
  handOver(deliveries: readonly DueDelivery[]): void;
  /** Waits for what is being handed over. */
  close(): Promise<void>;
}

export interface OutboxOptions {
  channels: readonly Channel[];
  queues: JobQueues;
  /** Called where a queue did not take the deliveries; must not reject. */
  onQueueAway: (deliveries: readonly DueDelivery[], error: unknown) => Promise<void>;
}

export function createOutbox({ channels, queues, onQueueAway }: OutboxOptions): Outbox {
  const underWay = new Set<Promise<void>>();
  const tells = ({ name, always }: Channel, askedFor: ReadonlySet<ChannelName>) =>
    always || askedFor.has(name);
  const targetsOf = (event: EventDraft, candidates: Candidates) =>
    channels
      .filter((channel) => tells(channel, event.askedFor))
      .map((channel) => ({ channel, targets: channel.targets(event, candidates.get(channel.name) ?? []) }));
  const deliveriesOf = (event: NewEvent, candidates: Candidates): PlannedDelivery[] =>
    targetsOf(event, candidates).flatMap(({ channel, targets }) =>
      targets.map(({ target, state, recipient = null }) => ({
        id: newUuid(),
        eventId: event.id,
        userId: event.user?.id ?? null,
        channel: channel.name,
        queue: channel.queue,
        target,
        state,
        recipient,
        eventType: event.type,
        sequence: sequenceOf(event),
        createdAt: event.occurredAt,
      })),
    );

  return {
    candidateReads: (askedFor, userIds) =>
      channels.flatMap((channel) => {
        const statement = tells(channel, askedFor) ? channel.candidates(userIds) : null;
        return statement ? [{ channel: channel.name, statement }] : [];
      }),

    isTold: (event, candidates) => targetsOf(event, candidates).some(({ targets }) => targets.length > 0),

    plan(events, candidates) {
      const deliveries = events.flatMap((event) => deliveriesOf(event, candidates));
      const writes = [
        ...(events.length > 0 ? [insertEvents(events)] : []),
        ...(deliveries.length > 0 ? [insertDeliveries(deliveries)] : []),
      ];
      return { writes, deliveries };
    },

    handOver(deliveries) {
      const sent = deliveries.filter(({ state }) => state === 'pending');
      for (const queue of new Set(sent.map((delivery) => delivery.queue))) {
        const ofQueue = sent.filter((delivery) => delivery.queue === queue);
        const jobs: DeliveryJob[] = ofQueue.map(({ id, target, attempts = 0 }) => ({
          deliveryId: id,
          attempt: attempts + 1,
          target,
        }));
        const handing = queues
          .add(queue, jobs)
          .catch((error: unknown) => onQueueAway(ofQueue, error))
          .finally(() => underWay.delete(handing));
        underWay.add(handing);
      }
    },

    async close() {
      await Promise.all(underWay);
    },
  };
}

const sequenceOf = ({ envelope }: NewEvent): number | null =>
  'sequence' in envelope.data ? envelope.data.sequence : null;

function insertEvents(events: readonly NewEvent[]): Statement {
  const rows = events.map((event) => {
    const { id, user, otherUserId = null, type, envelope, occurredAt } = event;
    return sql`(${new Uuid(id)}, ${user?.id ?? null}, ${otherUserId}, ${sequenceOf(event)}, ${type}, ${SCHEMA_VERSION},
      ${JSON.stringify(envelope)}, ${occurredAt})`;
  });
  return sql`INSERT INTO events (id, user_id, other_user_id, sequence, type, schema_version, payload, occurred_at)
    VALUES ${commaSeparated(rows)}`;
}

/**
 * `enqueued_at` is written as if the queue had taken the delivery already: it nearly always has a moment later,
 * and a second statement for each block is saved. Where the process dies in between, it goes stale.
 */
function insertDeliveries(deliveries: readonly PlannedDelivery[]): Statement {
  const rows = deliveries.map((delivery) => {
    const { id, eventId, eventType, userId, sequence, channel, target, state, recipient, createdAt } =
      delivery;
    const finishedAt = state === 'skipped' ? createdAt : null;
    const kept = recipient === null ? null : sealRecipient(recipient, id);
    return sql`(${new Uuid(id)}, ${new Uuid(eventId)}, ${eventType}, ${userId}, ${sequence}, ${channel}, ${target},
      ${state}, 0, ${createdAt}, ${createdAt}, ${createdAt}, ${finishedAt}, ${kept})`;
  });
  const insert = sql`INSERT INTO deliveries (id, event_id, event_type, user_id, sequence, channel, target, state, attempts,
    next_attempt_at, enqueued_at, created_at, finished_at, recipient) VALUES ${commaSeparated(rows)}`;
  // Their receivers fetch them.
  return deliveries.some(({ state }) => state === 'held') ? announcing('security-events', insert) : insert;
}
