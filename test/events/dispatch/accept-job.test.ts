import { newUuid } from '../../../src/database/uuid';
import { createAcceptJob } from '../../../src/events/dispatch/accept-job';
import type { DeliveryJob } from '../../../src/queues/queues';
import { type DeliveryDatabase, openDeliveryDatabase, seedDelivery } from '../delivery-fixtures';

let store: DeliveryDatabase;
beforeAll(async () => {
  store = await openDeliveryDatabase();
});
afterAll(() => store.close());

function accepting() {
  const accepted: DeliveryJob[] = [];
  const accept = createAcceptJob(store.database, {
    accept: (job) => Promise.resolve(void accepted.push(job)),
    close: () => Promise.resolve(),
  });
  return { accept, accepted };
}

describe('a job', () => {
  it('is taken over for the receiver that it names', async () => {
    const { accept, accepted } = accepting();
    const job = { deliveryId: newUuid(), attempt: 2, target: 'one' };
    await accept(job);
    expect(accepted).toEqual([job]);
  });

  it('I4: of the version before, which names none, is taken over for the one of its delivery', async () => {
    const { accept, accepted } = accepting();
    const target = newUuid();
    const { deliveryId } = await seedDelivery(store.database, { target });
    await accept({ deliveryId, attempt: 1 });
    expect(accepted).toEqual([{ deliveryId, attempt: 1, target }]);
  });

  it('of the version before whose delivery is gone is dropped', async () => {
    const { accept, accepted } = accepting();
    await accept({ deliveryId: newUuid(), attempt: 1 });
    expect(accepted).toEqual([]);
  });
});
