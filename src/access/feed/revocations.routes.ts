import { DomainError } from '../../errors';
import type { Handlers } from '../../http/handlers';
import { decodeCursor, encodeCursor } from './cursor';
import { prefersType } from '../../http/accept';
import { NDJSON } from '../../http/ndjson';
import { createPlaces } from '../../http/rate-limits/places';
import type { FeedPage } from './feed-page';
import type { RevocationFeed } from './poll-revocations';
import type { Revocation } from './revocation-rows';
import { floorOf } from './told';
import type { GuardRecorder } from '../guards/record-guards';

/** Items of an answer where the caller does not say (the contract's default). */
const DEFAULT_LIMIT = 1_000;

/** Of one credential, which replicas share: far more than there are of one service, and they cost memory alone. */
const MOST_POLLS = 5_000;

/**
 * A guard says with its next request that it has applied what it was told. It is told to send that a little later, and not
 * at once: first all others are told, and then they do not come back together.
 */
const LEAST_LINGER_MS = 50;
const LINGER_SPREAD_MS = 200;
const lingerMs = (): number => LEAST_LINGER_MS + Math.random() * LINGER_SPREAD_MS;

/** RFC 9111, section 5.2.2.5: an answer that is kept anywhere would renew leases that nothing stands behind. */
const HEADERS = { 'Cache-Control': 'no-store', Vary: 'Accept' };
/** A proxy that gathers answers would hold the lines back; this is how nginx and others are told not to. */
const LINES_HEADERS = { ...HEADERS, 'X-Accel-Buffering': 'no' };

export interface FeedBounds {
  /** In seconds. */
  maxTokenLifetime: number;
  /** In seconds. */
  clockSkew: number;
}

export function createRevocationsRoutes(
  feed: RevocationFeed,
  guards: GuardRecorder,
  bounds: FeedBounds,
): Pick<Handlers, 'pollRevocations'> {
  const places = createPlaces(MOST_POLLS, 'polls of this client');
  return {
    async pollRevocations({ query, caller, accept, gone }) {
      const { after, wait = 0, limit = DEFAULT_LIMIT, instance, lease } = query;
      if ((instance === undefined) !== (lease === undefined)) throw bothOrNeither(instance === undefined);
      const cursor = after === undefined ? null : decodeCursor(after);
      const guard = instance === undefined ? null : { clientId: caller.clientId, instanceId: instance };
      if (guard && lease !== undefined) await guards.polled({ ...guard, leaseMs: lease });
      const polledAt = performance.now();
      // What a cursor claims counts where the feed knows of it: anybody can write one.
      const acknowledge = (): boolean => {
        const counts = guard !== null && cursor !== null && feed.confirms(cursor);
        if (counts) guards.acknowledged(guard, floorOf(cursor), polledAt);
        return counts;
      };
      let isAcknowledged = acknowledge();
      const toBody = ({ items, more, next }: FeedPage) => {
        isAcknowledged ||= acknowledge();
        if (guard && items.length > 0 && feed.confirms(next)) guards.told(guard, floorOf(next));
        return { items: items.map(show), next: encodeCursor(next), more, ...bounds };
      };
      const poll = { after: cursor, limit, waitMs: wait * 1000 };
      if (!prefersType(accept, NDJSON)) {
        const page = await places.inPlace(caller.clientId, () => feed.poll(poll, gone()));
        return { status: 200, body: toBody(page), headers: HEADERS };
      }
      async function* lines() {
        const leave = places.take(caller.clientId);
        try {
          for await (const page of feed.follow(poll, guard && lingerMs(), gone())) yield toBody(page);
        } finally {
          leave();
        }
      }
      return { status: 200, ndjson: lines(), headers: LINES_HEADERS };
    },
  };
}

const show = ({ position, uid, sid, epoch, revokedAt }: Revocation) => ({
  position,
  uid,
  ...(sid === null ? {} : { sid }),
  epoch,
  revokedAt: revokedAt.toISOString(),
});

function bothOrNeither(lacksInstance: boolean): DomainError {
  const pointer = lacksInstance ? '/query/instance' : '/query/lease';
  return new DomainError('request.invalid', 'A guard gives both its instance and its lease.', {
    fields: [{ pointer, detail: 'is required where the other is given' }],
  });
}
