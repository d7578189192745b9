import type { Transaction } from '../database/transaction';
import { newUuid } from '../database/uuid';
import type { StreamEventData } from '../events/catalogue';
import type { PlannedDelivery } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { owedState } from './security-event-channel';
import type { SecurityEventStream } from './security-event-stream.entity';

/**
 * Tells a stream, and nobody else, about itself (SSF 1.0, sections 8.1.4 and 8.1.5).
 * @param stream as it is after the change
 * @returns its delivery, to be handed over after the commit
 */
export function tellStream(
  tx: Transaction,
  outbox: Outbox,
  stream: Pick<SecurityEventStream, 'id' | 'method' | 'status'>,
  type: 'stream.verification' | 'stream.updated',
  data: Omit<StreamEventData, 'streamId'>,
  occurredAt: Date,
): readonly PlannedDelivery[] {
  const event = {
    id: newUuid(),
    type,
    user: null,
    stream: { target: stream.id, state: owedState(stream) },
    askedFor: new Set<never>(),
    occurredAt,
    envelope: { type, timestamp: occurredAt.toISOString(), data: { streamId: stream.id, ...data } },
  };
  const { writes, deliveries } = outbox.plan([event], new Map());
  tx.write(writes);
  return deliveries;
}
