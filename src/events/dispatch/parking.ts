import type { Logger } from 'pino';
import type { Database } from '../../database/database';
import { commaSeparated, currentTime, fromNow, sql, type Statement } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import { logSparsely } from '../../queues/log-sparsely';
import { ENQUEUED_GOES_STALE_MS } from '../relay';

/** Deliveries in one statement. */
const BATCH = 500;

/** What is written one after the other. */
interface Batch {
  /** Of deliveries, by the value that is written. */
  ids: Map<number | null, string[]>;
  written: Promise<void>;
}

/** Puts deliveries back into the database that this process has no room or no use for now. */
export interface Parking {
  /** The relay enqueues it again after so long. A lane may fetch it before, once this has resolved: it is written then. */
  park(deliveryId: string, forMs: number): Promise<void>;
  /** The relay enqueues it again at once. */
  giveBack(deliveryId: string): void;
  /** Waits for what is being written. */
  close(): Promise<void>;
}

/**
 * `enqueued_at` says until when the relay leaves a delivery alone: it goes stale a while after, so a time ahead of that
 * keeps it away for longer. What comes while a statement runs goes into the next. Where it fails nothing is lost: the
 * deliveries were handed to the queue a moment ago, and go stale like all that the queue has lost.
 */
export function createParking(database: Database, log: Logger): Parking {
  const onFailure = logSparsely(log, 'deliveries could not be put back; the relay finds them later');
  let last = Promise.resolve();
  let next: Batch | null = null;

  const write = async ({ ids: byTime }: Batch): Promise<void> => {
    for (const [enqueuedInMs, ids] of byTime) {
      for (let from = 0; from < ids.length; from += BATCH) {
        const chunk = ids.slice(from, from + BATCH);
        await database.query(setEnqueued(chunk, enqueuedInMs)).catch(onFailure);
      }
    }
  };

  /** What comes until the batches before are written goes together. */
  const begin = (): Batch => {
    const batch: Batch = {
      ids: new Map(),
      written: last.then(() => {
        next = null;
        return write(batch);
      }),
    };
    last = batch.written;
    return batch;
  };

  const put = (deliveryId: string, enqueuedInMs: number | null): Promise<void> => {
    next ??= begin();
    const ids = next.ids.get(enqueuedInMs) ?? [];
    ids.push(deliveryId);
    next.ids.set(enqueuedInMs, ids);
    return next.written;
  };

  return {
    park: (deliveryId, forMs) => put(deliveryId, toSeconds(forMs) * 1000 - ENQUEUED_GOES_STALE_MS),
    giveBack: (deliveryId) => void put(deliveryId, null),
    async close() {
      while (next) await next.written;
      await last;
    },
  };
}

/** Rounded up, so that those of a moment share a statement. */
const toSeconds = (ms: number): number => Math.ceil(ms / 1000);

const setEnqueued = (ids: readonly string[], inMs: number | null): Statement =>
  sql`UPDATE deliveries SET enqueued_at = ${inMs === null ? null : fromNow(inMs)}
    WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))}) AND state = 'pending'
    AND (lease_until IS NULL OR lease_until <= ${currentTime})`;
