import type { ServerResponse } from 'node:http';
import { waitFor } from '../../support/processes';
import { change, createUser } from '../support/calls';
import { startDeliveryStage } from '../support/delivery-stage';

const USERS = 5;

/** A lease of 15 s: it runs out before the mark of the queue does (30 s). */
const WEBHOOK_TIMEOUT = '5';

/** The receiver holds its answers while the worker is killed: what was sent was never recorded. */
export async function killWorkers(rounds: number): Promise<void> {
  const held: ServerResponse[] = [];
  let holding = false;
  const stage = await startDeliveryStage({ WEBHOOK_TIMEOUT }, (response) => {
    if (holding) held.push(response);
    else response.writeHead(204).end();
  });
  try {
    const { call } = await stage.platform.startApi();
    await stage.register(call);
    for (let round = 0; round < rounds; round++) {
      const worker = await stage.platform.startWorker();
      holding = true;
      const users = await Promise.all(Array.from({ length: USERS }, () => createUser(call)));
      await Promise.all(users.map(({ id }) => change(call, 'block', id, { triggerWebhook: true })));
      // The others it has accepted: they are in its memory and in no queue.
      await waitFor(() => (held.length > 0 ? true : undefined), 'a webhook that is not answered');
      worker.kill('SIGKILL');
      await worker.ended;
      holding = false;
      const repeated = held.splice(0).length;

      const successor = await stage.platform.startWorker();
      await stage.allDelivered();
      const told = stage.toldByWebhook();
      for (const { id } of users) expect(told.get(id)?.events).toBe(1);
      const requests = users.map(({ id }) => told.get(id)?.requests ?? 0);
      expect(requests.reduce((sum, each) => sum + each)).toBe(USERS + repeated);
      successor.kill('SIGKILL');
      await successor.ended;
    }
  } finally {
    await stage.close();
  }
}
