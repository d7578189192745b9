import type { ServerResponse } from 'node:http';
import { type DeliveryStage, startDeliveryStage } from '../invariants/support/delivery-stage';
import { createUser } from '../invariants/support/calls';
import { type TestApiProcess, waitFor } from '../support/processes';
import type { DeliveryBody, DeliveryPage, DetailBody, RenewedBody } from '../api/support/deliveries';

jest.setTimeout(120_000);

const ENDPOINTS = '/api/v1/webhook-endpoints';

describe('what was given up is repaired, through the real worker (I4)', () => {
  let stage: DeliveryStage;
  let api: TestApiProcess;
  let endpointId: string;
  let answer: (response: ServerResponse) => void;

  const fail = (response: ServerResponse) => response.writeHead(500).end('no');
  const succeed = (response: ServerResponse) => response.writeHead(204).end();

  beforeAll(async () => {
    stage = await startDeliveryStage({ DELIVERY_RETRY_SCHEDULE: '0,0' }, (response) => answer(response));
    api = await stage.platform.startApi();
    await stage.register(api.call);
    const { items } = (await api.call('GET', ENDPOINTS)).body as { items: { id: string }[] };
    endpointId = items[0]?.id ?? '';
    await stage.platform.startWorker();
  });
  beforeEach(() => {
    stage.receiver.received.length = 0;
  });
  afterAll(() => stage.close());

  const block = async (): Promise<DeliveryBody> => {
    const { id } = await createUser(api.call);
    const { status } = await api.call('PATCH', `/api/v1/users/${id}/block`, {
      body: { triggerWebhook: true },
    });
    expect(status).toBe(204);
    const [delivery] = ((await api.call('GET', `/api/v1/deliveries?userId=${id}`)).body as DeliveryPage)
      .items;
    if (!delivery) throw new Error('nothing is sent');
    return delivery;
  };
  const get = async ({ id }: { id: string }): Promise<DetailBody> =>
    (await api.call('GET', `/api/v1/deliveries/${id}`)).body;
  const becomes = (delivery: { id: string }, state: DeliveryBody['state'], attempts: number) =>
    waitFor(async () => {
      const found = await get(delivery);
      return found.state === state && found.attempts === attempts ? found : undefined;
    }, `${state} after ${attempts} attempts`);
  const redeliver = async ({ id }: { id: string }): Promise<DeliveryBody> => {
    const { status, body } = await api.call('POST', `/api/v1/deliveries/${id}/redeliver`);
    expect(status).toBe(202);
    return body;
  };
  const repair = async (
    action: 'recover' | 'replay',
    query: Record<string, string>,
  ): Promise<RenewedBody> => {
    const path = `${ENDPOINTS}/${endpointId}/${action}?${String(new URLSearchParams(query))}`;
    const { status, body } = await api.call('POST', path);
    expect(status).toBe(202);
    return body;
  };
  const idsReceived = () => stage.receiver.received.map(({ id }) => id);

  it('redeliver begins a whole schedule anew, and every attempt carries the same id', async () => {
    answer = fail;
    const delivery = await block();
    const dead = await becomes(delivery, 'dead', 2);
    expect(dead.attemptRecords).toMatchObject([
      { number: 1, outcome: 'retry', statusCode: 500, errorKind: 'answer' },
      { number: 2, outcome: 'gave_up', statusCode: 500, errorKind: 'answer' },
    ]);

    await redeliver(delivery);
    await becomes(delivery, 'dead', 4);
    answer = succeed;
    await redeliver(delivery);
    const delivered = await becomes(delivery, 'delivered', 5);
    expect(delivered.attemptRecords.map(({ outcome }) => outcome)).toEqual([
      'retry',
      'gave_up',
      'retry',
      'gave_up',
      'succeeded',
    ]);
    expect(delivered.deliveredAt).not.toBeNull();
    expect(idsReceived()).toEqual(Array(5).fill(delivery.eventId));
  });

  it('redeliver leaves alone what is being sent: one request, and its outcome stands', async () => {
    const waiting: ServerResponse[] = [];
    answer = (response) => waiting.push(response);
    const delivery = await block();
    const [response] = await waitFor(() => (waiting.length > 0 ? waiting : undefined), 'the request');
    expect(await redeliver(delivery)).toMatchObject({ state: 'pending', attempts: 1 });
    if (response) succeed(response);
    await becomes(delivery, 'delivered', 1);
    expect(idsReceived()).toEqual([delivery.eventId]);
  });

  it('many who redeliver at once make one request', async () => {
    answer = succeed;
    const delivery = await block();
    const { deliveredAt } = await becomes(delivery, 'delivered', 1);
    const waiting: ServerResponse[] = [];
    answer = (response) => waiting.push(response);
    await Promise.all(Array.from({ length: 8 }, () => redeliver(delivery)));
    const [response] = await waitFor(() => (waiting.length > 0 ? waiting : undefined), 'the request');
    if (response) succeed(response);
    expect((await becomes(delivery, 'delivered', 2)).deliveredAt).toBe(deliveredAt);
    expect(idsReceived()).toEqual([delivery.eventId, delivery.eventId]);
  });

  it('recover sends what was given up, and replay everything again', async () => {
    answer = fail;
    const since = new Date().toISOString();
    const dead = [await block(), await block(), await block(), await block()];
    for (const delivery of dead) await becomes(delivery, 'dead', 2);
    answer = succeed;
    const arrived = await block();
    await becomes(arrived, 'delivered', 1);
    stage.receiver.received.length = 0;

    expect(await repair('recover', { since })).toEqual({ count: 4, next: null });
    for (const delivery of dead) await becomes(delivery, 'delivered', 3);
    expect(idsReceived().sort()).toEqual(dead.map(({ eventId }) => eventId).sort());

    expect(await repair('replay', { from: since, types: 'user.blocked' })).toEqual({ count: 5, next: null });
    for (const delivery of dead) await becomes(delivery, 'delivered', 4);
    await becomes(arrived, 'delivered', 2);
    const all = [...dead, arrived].map(({ eventId }) => eventId);
    expect(idsReceived().slice(4).sort()).toEqual(all.sort());
  });
});
