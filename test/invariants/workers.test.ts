import { type TestProcess, waitFor } from '../support/processes';
import type { Call } from '../support/http-client';
import { rounds } from '../support/test-environment';
import { change, createUser } from './support/calls';
import { type DeliveryStage, startDeliveryStage } from './support/delivery-stage';
import { seededRandom } from './support/random';

const USERS = 30;
const SLOWEST_ANSWER_MS = 60;

jest.setTimeout(rounds(120_000, 3_600_000));

describe('I4: two workers at once', () => {
  const random = seededRandom('answers of a slow receiver');
  let stage: DeliveryStage;
  let call: Call;
  let workers: TestProcess[];

  beforeAll(async () => {
    stage = await startDeliveryStage({ WORKER_CONCURRENCY: '8' }, (response) => {
      setTimeout(() => response.writeHead(204).end(), random.below(SLOWEST_ANSWER_MS));
    });
    const { platform } = stage;
    const [api, ...started] = await Promise.all([
      platform.startApi(),
      platform.startWorker(),
      platform.startWorker(),
    ]);
    ({ call } = api);
    workers = started;
    await stage.register(call);
  });
  afterAll(() => stage.close());

  it('no receiver sees two requests for a delivery that did not fail', async () => {
    const changes = rounds(4, 200);
    const asked = await askForWebhooks(changes);
    await stage.allDelivered();
    expect(arrived()).toEqual(asked.sort());
  });

  it('SIGTERM in the middle of many deliveries: none is lost, none is sent twice, and the exit code is 0', async () => {
    const restarts = rounds(2, 40);
    for (let restart = 0; restart < restarts; restart++) {
      stage.receiver.received.splice(0);
      const asking = askForWebhooks(6);
      const middle = USERS * (1 + random.below(4));
      await waitFor(() => (stage.receiver.received.length >= middle ? true : undefined), 'the middle');
      const leaving = workers.shift();
      leaving?.kill('SIGTERM');
      expect(await leaving?.ended).toBe(0);
      workers.push(await stage.platform.startWorker());
      const asked = await asking;
      await stage.allDelivered();
      expect(arrived()).toEqual(asked.sort());
    }
  });

  const arrived = (): string[] => stage.receiver.received.map(({ id }) => id).sort();

  /** Each user is blocked and unblocked in turn. Answers the ids of the events. */
  async function askForWebhooks(changes: number): Promise<string[]> {
    const eventIds = Array.from({ length: USERS }, async () => {
      const { id } = await createUser(call);
      const ofUser: string[] = [];
      for (let index = 0; index < changes; index++) {
        const action = index % 2 === 0 ? 'block' : 'unblock';
        const { eventId } = await change(call, action, id, { triggerWebhook: true });
        if (eventId === null) throw new Error(`a ${action} that changes something has no event`);
        ofUser.push(eventId);
      }
      return ofUser;
    });
    return (await Promise.all(eventIds)).flat();
  }
});
