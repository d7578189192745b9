import { sql } from '../../../src/database/sql';
import { Uuid } from '../../../src/database/uuid';
import type { DeliveryState } from '../../../src/events/delivery.entity';
import type { components } from '../../../src/http/contract.generated';
import type { TestApi } from '../../support/test-api';
import { change, newEndpoint, newUser } from './fixtures';

type Schemas = components['schemas'];
export type DeliveryBody = Schemas['Delivery'];
export type DeliveryPage = Schemas['DeliveryPage'];
export type DetailBody = Schemas['DeliveryWithAttempts'];
export type RenewedBody = Schemas['DeliveriesRenewed'];

export interface MadeDelivery {
  id: string;
  eventId: string;
  userId: number;
}

/** A webhook about a new user to an endpoint, whatever others there are. */
export async function newDelivery(api: TestApi, endpointId: string): Promise<MadeDelivery> {
  const { id: userId } = await newUser(api, { email: 'eve@example.com' });
  const { eventId } = await change(api, 'block', userId, {
    body: { triggerWebhook: true, suspensionReason: 'Spam' },
  });
  const { body } = await api.call('GET', `/api/v1/deliveries?userId=${userId}&endpointId=${endpointId}`);
  const [delivery] = (body as DeliveryPage).items;
  if (!delivery || eventId === null) throw new Error(`nothing is sent to ${endpointId}`);
  return { id: delivery.id, eventId, userId };
}

/** The same with an endpoint of its own, which has got nothing else. */
export async function newEndpointDelivery(api: TestApi): Promise<MadeDelivery & { endpointId: string }> {
  const { id: endpointId } = await newEndpoint(api);
  return { ...(await newDelivery(api, endpointId)), endpointId };
}

/** As a worker leaves it that has made so many attempts. */
export async function finish(
  api: TestApi,
  deliveryId: string,
  state: DeliveryState,
  attempts = 1,
): Promise<void> {
  const now = new Date();
  await api.services.database.query(sql`UPDATE deliveries SET state = ${state}, attempts = ${attempts},
    finished_at = ${now}, enqueued_at = NULL, delivered_at = ${state === 'delivered' ? now : null}
    WHERE id = ${new Uuid(deliveryId)}`);
}

/** Somebody sends it at this moment. */
export async function hold(api: TestApi, deliveryId: string): Promise<void> {
  const until = new Date(Date.now() + 60_000);
  await api.services.database.query(
    sql`UPDATE deliveries SET lease_until = ${until}, attempts = attempts + 1 WHERE id = ${new Uuid(deliveryId)}`,
  );
}

export async function setEnabled(api: TestApi, endpointId: string, enabled: boolean): Promise<void> {
  await api.services.database.query(
    sql`UPDATE webhook_endpoints SET enabled = ${enabled} WHERE id = ${new Uuid(endpointId)}`,
  );
}

export async function getDelivery(api: TestApi, id: string): Promise<DetailBody> {
  return (await api.call('GET', `/api/v1/deliveries/${id}`)).body;
}
