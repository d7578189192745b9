import type { Database } from '../database/database';
import { isUuid } from '../database/uuid';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { parseOptionalTime } from '../http/timestamps';
import { type AttemptView, findAttempts } from './attempt-queries';
import { deliveryNotFound } from './deliveries.errors';
import { type DeliveryView, findDelivery, pageDeliveries } from './delivery-queries';
import type { Redelivered, RedeliverDelivery } from './redeliver-delivery';

/** Of more than these the newest are shown: somebody has had it sent anew many times. */
const ATTEMPTS_SHOWN = 200;

const show = (delivery: DeliveryView): components['schemas']['Delivery'] => ({
  ...delivery,
  occurredAt: delivery.occurredAt.toISOString(),
  nextAttemptAt: delivery.state === 'pending' ? delivery.nextAttemptAt.toISOString() : null,
  createdAt: delivery.createdAt.toISOString(),
  deliveredAt: delivery.deliveredAt?.toISOString() ?? null,
  finishedAt: delivery.finishedAt?.toISOString() ?? null,
});

const showAttempt = (attempt: AttemptView): components['schemas']['DeliveryAttempt'] => ({
  ...attempt,
  startedAt: attempt.startedAt.toISOString(),
});

/** Where the following page begins. */
const positionOf = ({ createdAt, id }: DeliveryView): [Date, string] => [createdAt, id];

/** @param assertUser rejects where there is no such user, which events do not know */
export function createDeliveriesRoutes(
  database: Database,
  assertUser: (userId: number) => Promise<void>,
  redeliverDelivery: RedeliverDelivery,
): Pick<Handlers, 'listUserDeliveries' | 'listDeliveries' | 'getDelivery' | 'redeliverDelivery'> {
  return {
    async listUserDeliveries({ path, query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const position = decodeCursor(cursor, isUuid);
      // Of an erased user rows are left; under her own path she is as if she had never been.
      await assertUser(path.userId);
      const rows = await pageDeliveries(database, { userId: path.userId }, limit + 1, position);
      return { status: 200, body: toPage(rows, limit, show, positionOf) };
    },

    async listDeliveries({ query }) {
      const { limit = DEFAULT_LIMIT, cursor, endpointId, userId, eventType, state } = query;
      const filter = {
        // RFC 9562, section 4: capitals are read, small letters are written; deliveries name their target as text.
        target: endpointId?.toLowerCase(),
        userId,
        eventTypes: eventType && [eventType],
        states: state && [state],
        from: parseOptionalTime(query.from, '/query/from'),
        to: parseOptionalTime(query.to, '/query/to'),
      };
      const rows = await pageDeliveries(database, filter, limit + 1, decodeCursor(cursor, isUuid));
      return { status: 200, body: toPage(rows, limit, show, positionOf) };
    },

    async getDelivery({ path }) {
      const delivery = await findDelivery(database, path.deliveryId);
      if (!delivery) throw deliveryNotFound();
      const attempts = await findAttempts(database, path.deliveryId, ATTEMPTS_SHOWN);
      return { status: 200, body: { ...show(delivery), attemptRecords: attempts.map(showAttempt) } };
    },

    redeliverDelivery: ({ path, caller, kept }) =>
      kept(
        ({ delivery }: Redelivered) => ({ status: 202, body: show(delivery) }),
        (keep) => redeliverDelivery(path.deliveryId, caller, keep),
        { about: ({ delivery }) => delivery.userId },
      ),
  };
}
