import type { Database } from '../database/database';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { isUuid } from '../database/uuid';
import { pageDeliveries, type DeliveryView } from './delivery-queries';

const show = (delivery: DeliveryView): components['schemas']['Delivery'] => ({
  ...delivery,
  nextAttemptAt: delivery.state === 'pending' ? delivery.nextAttemptAt.toISOString() : null,
  createdAt: delivery.createdAt.toISOString(),
  finishedAt: delivery.finishedAt?.toISOString() ?? null,
});

/** @param assertUser rejects where there is no such user, which events do not know */
export function createDeliveriesRoutes(
  database: Database,
  assertUser: (userId: number) => Promise<void>,
): Pick<Handlers, 'listUserDeliveries'> {
  return {
    async listUserDeliveries({ path, query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const position = decodeCursor(cursor, isUuid);
      // Of an erased user rows are left, and nobody may see them.
      await assertUser(path.userId);
      const rows = await pageDeliveries(database, path.userId, limit + 1, position);
      return { status: 200, body: toPage(rows, limit, show, ({ createdAt, id }) => [createdAt, id]) };
    },
  };
}
