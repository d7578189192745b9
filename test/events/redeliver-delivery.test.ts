import { sql } from '../../src/database/sql';
import { queueOf } from '../../src/registrations';
import { Uuid } from '../../src/database/uuid';
import type { AttemptOutcome } from '../../src/events/channel';
import { deliverySweep } from '../../src/events/event-retention';
import type { DueDelivery } from '../../src/events/outbox';
import { createRedeliverDelivery } from '../../src/events/redeliver-delivery';
import {
  type DeliveryDatabase,
  eventually,
  openDeliveryDatabase,
  seedDelivery,
  storedAttempts,
  storedDelivery,
} from './delivery-fixtures';
import { createMakeAttempt, LIMIT_MS, senderOf } from './make-attempt';

const actor = { subject: 'test', clientId: null, requestId: null };
const refused: AttemptOutcome = {
  kind: 'refused',
  statusCode: 400,
  errorKind: 'answer',
  error: 'the receiver answered 400',
  response: null,
  requestHeaders: null,
};

let store: DeliveryDatabase;
beforeEach(async () => {
  store = await openDeliveryDatabase();
});
afterEach(() => store.close());

/** With receivers that are all there. */
function redelivering() {
  const handedOver: DueDelivery[] = [];
  const outbox = {
    candidateReads: () => [],
    isTold: () => false,
    plan: () => ({ writes: [], deliveries: [] }),
    handOver: (deliveries: readonly DueDelivery[]) => void handedOver.push(...deliveries),
    close: () => Promise.resolve(),
  };
  const isThere = () => Promise.resolve('pending' as const);
  const redeliver = createRedeliverDelivery(store.database, outbox, {
    assertReceiver: { webhook: isThere, email: isThere, security_event: isThere, logout: isThere },
    queueOf,
    alwaysTold: [],
  });
  return { redeliver, handedOver };
}

describe('a delivery that is sent anew', () => {
  it('is not undone by an older attempt whose worker comes back late (I4)', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    let answer: (outcome: AttemptOutcome) => void = () => undefined;
    const send = jest.fn(() => new Promise<AttemptOutcome>((resolve) => (answer = resolve)));
    const late = createMakeAttempt(store.database, senderOf(send))({ deliveryId, attempt: 1 });
    await eventually(() => (send.mock.calls.length > 0 ? true : null), 'the attempt');
    const { redeliver, handedOver } = redelivering();
    expect((await redeliver(deliveryId, actor)).renewed).toBe(false);

    // The worker has lost its lease.
    store.clock.shiftMs = LIMIT_MS + 11_000;
    expect((await redeliver(deliveryId, actor)).renewed).toBe(true);
    answer(refused);
    await late;
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({ state: 'pending', attempts: 1 });
    expect(await storedAttempts(store.database, deliveryId)).toMatchObject([{ number: 1, statusCode: 400 }]);
    expect(handedOver).toMatchObject([{ id: deliveryId, attempts: 1, queue: 'webhooks' }]);
  });

  it('does not expire, however old it is', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const old = new Date(Date.now() - 100 * 86_400_000);
    await store.database.query(
      sql`UPDATE deliveries SET state = 'dead', finished_at = ${old} WHERE id = ${new Uuid(deliveryId)}`,
    );
    await redelivering().redeliver(deliveryId, actor);
    expect(await deliverySweep(90).batch(store.database)).toEqual({ removed: 0, more: false });
    expect(await storedDelivery(store.database, deliveryId)).toMatchObject({
      state: 'pending',
      finishedAt: null,
    });
  });
});
