import type { Database } from '../database/database';
import type { Keep } from '../database/keep';
import type { Outbox } from '../events/outbox';
import type { PlannedDelivery } from '../events/channel';
import { streamDisabled, verifiedJustNow } from './security-events.errors';
import type { SecurityEventStream } from './security-event-stream.entity';
import { MIN_VERIFICATION_INTERVAL } from './stream-configuration';
import { lockOwnStream, type NamedStream, saveStream } from './stream-queries';
import { tellStream } from './tell-stream';

export type VerifyStream = (command: NamedStream & { state?: string }, keep?: Keep<unknown>) => Promise<void>;

/**
 * Sends a verification over a stream, with the state that its receiver wants to see again (SSF 1.0, section 8.1.4.2).
 * One that has paused gets it when it goes on.
 * @throws `stream.not_found`, `stream.disabled`, `rate_limit.exceeded`
 */
export const createVerifyStream =
  (database: Database, outbox: Outbox): VerifyStream =>
  async ({ state, ...named }, keep) => {
    const deliveries = await database.transaction<readonly PlannedDelivery[]>(async (tx) => {
      const { stream, now } = await lockOwnStream(tx, named);
      if (stream.status === 'disabled') throw streamDisabled();
      const waitMs = msUntilNext(stream, now);
      if (waitMs > 0) throw verifiedJustNow(Math.ceil(waitMs / 1000));
      tx.write(saveStream({ ...stream, verifiedAt: now, polledAt: now }));
      return tellStream(tx, outbox, stream, 'stream.verification', state === undefined ? {} : { state }, now);
    }, keep);
    outbox.handOver(deliveries);
  };

const msUntilNext = ({ verifiedAt }: SecurityEventStream, now: Date): number =>
  verifiedAt === null ? 0 : verifiedAt.getTime() + MIN_VERIFICATION_INTERVAL * 1000 - now.getTime();
