import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import { newUuid, Uuid } from '../database/uuid';
import type { DeliveryJob, JobQueues, QueueName } from '../queues/queues';
import {
  type AnyUserEventData,
  type EndpointEventData,
  type EventEnvelope,
  SCHEMA_VERSION,
} from './catalogue';
import type { Channel, ChannelName, EventDraft, PlannedDelivery } from './channel';
import type { DeliveryState } from './delivery.entity';

/** An event with its content. */
export interface NewEvent extends EventDraft {
  envelope: EventEnvelope<AnyUserEventData | EndpointEventData>;
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
  /** The statements to read in the transaction, for the channels that somebody asked for. */
  candidateReads(askedFor: ReadonlySet<ChannelName>): { channel: ChannelName; statement: Statement }[];
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
  const deliveriesOf = (event: NewEvent, candidates: Candidates): PlannedDelivery[] =>
    channels
      .filter(({ name }) => event.askedFor.has(name))
      .flatMap((channel) =>
        channel.targets(event, candidates.get(channel.name) ?? []).map(({ target, state }) => ({
          id: newUuid(),
          eventId: event.id,
          userId: event.user?.id ?? null,
          channel: channel.name,
          queue: channel.queue,
          target,
          state,
          eventType: event.type,
          sequence: sequenceOf(event),
          createdAt: event.occurredAt,
        })),
      );

  return {
    candidateReads: (askedFor) =>
      channels.flatMap(({ name, candidates }) =>
        candidates && askedFor.has(name) ? [{ channel: name, statement: candidates }] : [],
      ),

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
  const rows = events.map(
    (event) => sql`(${new Uuid(event.id)}, ${event.user?.id ?? null}, ${sequenceOf(event)}, ${event.type},
      ${SCHEMA_VERSION}, ${JSON.stringify(event.envelope)}, ${event.occurredAt})`,
  );
  return sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
    VALUES ${commaSeparated(rows)}`;
}

/**
 * `enqueued_at` is written as if the queue had taken the delivery already: it nearly always has a moment later,
 * and a second statement for each block is saved. Where the process dies in between, it goes stale.
 */
function insertDeliveries(deliveries: readonly PlannedDelivery[]): Statement {
  const rows = deliveries.map((delivery) => {
    const { id, eventId, eventType, userId, sequence, channel, target, state, createdAt } = delivery;
    const finishedAt = state === 'pending' ? null : createdAt;
    return sql`(${new Uuid(id)}, ${new Uuid(eventId)}, ${eventType}, ${userId}, ${sequence}, ${channel}, ${target},
      ${state}, 0, ${createdAt}, ${createdAt}, ${createdAt}, ${finishedAt})`;
  });
  return sql`INSERT INTO deliveries (id, event_id, event_type, user_id, sequence, channel, target, state, attempts,
    next_attempt_at, enqueued_at, created_at, finished_at) VALUES ${commaSeparated(rows)}`;
}
