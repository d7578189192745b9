import { toInteger } from '../../src/database/decode';
import { sql, type Statement } from '../../src/database/sql';
import type { Call } from '../support/http-client';
import { type Platform, startPlatform, type TestProcess, waitFor } from '../support/processes';
import { rounds } from '../support/test-environment';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';
import { change, createUser, registerEndpoint } from './support/calls';
import { seededRandom } from './support/random';

jest.setTimeout(rounds(180_000, 3_600_000));

const HANGS = '/hangs';
/** Longer than the tests wait for anything: who hangs is never found out by its timeout. */
const WEBHOOK_TIMEOUT = '60';
const random = seededRandom('answers of receivers');

let platform: Platform;
let receiver: WebhookReceiver;
let call: Call;
let answerAfterMs: () => number;

beforeEach(async () => {
  answerAfterMs = () => 0;
  receiver = await startWebhookReceiver((response, { path }) => {
    if (!path.startsWith(HANGS)) setTimeout(() => response.writeHead(204).end(), answerAfterMs());
  });
  platform = await startPlatform({ WEBHOOK_TIMEOUT, SHUTDOWN_TIMEOUT: '2' });
  ({ call } = await platform.startApi());
});
afterEach(async () => {
  await platform.close();
  await receiver.close();
});

const at = (path: string) => new URL(path, receiver.url).href;
const arrivedAt = (path: string) => receiver.received.filter((webhook) => webhook.path === path);
const users = (count: number) => Promise.all(Array.from({ length: count }, () => createUser(call)));
const blockAll = async (ids: readonly { id: number }[]) => {
  await Promise.all(ids.map(({ id }) => change(call, 'block', id, { triggerWebhook: true })));
};
const countOf = async (where: Statement) => {
  const { rows } = await platform.database.query(
    sql`SELECT COUNT(*) AS amount FROM deliveries WHERE ${where}`,
  );
  return toInteger(rows[0]?.amount);
};

describe('one dead receiver does not delay another’s deliveries', () => {
  it.each([1, 8])('%i that hang, 20 that answer', async (hanging) => {
    const dead = Array.from({ length: hanging }, (_, index) => `${HANGS}/${index}`);
    const alive = Array.from({ length: 20 }, (_, index) => `/answers/${index}`);
    for (const path of [...dead, ...alive]) await registerEndpoint(call, at(path));
    await platform.startWorker();
    const count = rounds(15, 250);
    await blockAll(await users(count));
    const isTold = () => (alive.every((path) => arrivedAt(path).length === count) ? true : undefined);
    await waitFor(isTold, 'every delivery to those that answer', rounds(55_000, 600_000));
    // Nobody waited for them: each is still at its first attempt, or has been asked once more in a soak.
    for (const path of dead) expect(arrivedAt(path).length).toBeLessThanOrEqual(rounds(1, 20));
  });
});

describe('I5: two workers, and users who are blocked and let go in quick succession', () => {
  it('the first attempts at each user’s deliveries come in the order of their sequence, each once', async () => {
    answerAfterMs = () => random.below(20);
    await registerEndpoint(call, at('/one'));
    await registerEndpoint(call, at('/other'));
    await Promise.all([platform.startWorker(), platform.startWorker()]);
    const changes = rounds(8, 60);
    const changeOften = async ({ id }: { id: number }) => {
      for (let index = 0; index < changes; index++) {
        await change(call, index % 2 === 0 ? 'block' : 'unblock', id, { triggerWebhook: true });
      }
    };
    const all = await users(6);
    await Promise.all(all.map(changeOften));
    const isDone = async () => ((await countOf(sql`state <> 'delivered'`)) === 0 ? true : undefined);
    await waitFor(isDone, 'the last delivery', rounds(60_000, 600_000));
    for (const path of ['/one', '/other']) {
      const arrived = arrivedAt(path).map(
        ({ body }) => (JSON.parse(body.toString()) as { data: { userId: number; sequence: number } }).data,
      );
      for (const { id } of all) {
        const sequences = arrived.filter(({ userId }) => userId === id).map(({ sequence }) => sequence);
        expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
        expect(sequences).toHaveLength(changes);
      }
    }
  });
});

describe('I4: what a worker has accepted and not sent', () => {
  /** A worker that has taken over deliveries to a receiver that hangs. */
  async function workerWithBacklog(): Promise<TestProcess> {
    await registerEndpoint(call, at(HANGS));
    const worker = await platform.startWorker();
    await blockAll(await users(10));
    await waitFor(() => (arrivedAt(HANGS).length === 1 ? true : undefined), 'the first webhook');
    return worker;
  }
  /** The endpoint answers from now on. */
  const revive = () => platform.database.query(sql`UPDATE webhook_endpoints SET url = ${at('/revived')}`);
  const eventsAt = (path: string) =>
    new Set(arrivedAt(path).map(({ headers }) => headers['webhook-id'])).size;

  it('is given back at once when it stops, and sent by another at once', async () => {
    const worker = await workerWithBacklog();
    await revive();
    worker.kill('SIGTERM');
    expect(await worker.ended).toBe(0);
    expect(await countOf(sql`state = 'pending' AND attempts = 0 AND enqueued_at IS NULL`)).toBeGreaterThan(0);
    await platform.startWorker();
    // Long before what was not given back would have gone stale; a few may not have left the queue at all.
    await waitFor(() => (eventsAt('/revived') === 9 ? true : undefined), 'nine by another worker', 15_000);
  });

  it('is sent by another once it has gone stale, when it was killed', async () => {
    const worker = await workerWithBacklog();
    worker.kill('SIGKILL');
    await worker.ended;
    await revive();
    expect(await countOf(sql`state = 'pending' AND enqueued_at IS NULL`)).toBe(0);
    // Half a minute, and a lease, which the test does not wait for.
    const past = new Date(Date.now() - 120_000);
    await platform.database.query(sql`UPDATE deliveries SET enqueued_at = ${past},
      lease_until = CASE WHEN lease_until IS NULL THEN NULL ELSE ${past} END`);
    await platform.startWorker();
    await waitFor(
      () => (eventsAt('/revived') === 10 ? true : undefined),
      'all ten by another worker',
      25_000,
    );
  });
});

it('a rate holds over two workers', async () => {
  await registerEndpoint(call, at('/slowly'));
  await platform.database.query(sql`UPDATE webhook_endpoints SET rate = 4`);
  await Promise.all([platform.startWorker(), platform.startWorker()]);
  const started = performance.now();
  await blockAll(await users(18));
  await waitFor(() => (arrivedAt('/slowly').length === 18 ? true : undefined), 'all of them', 60_000);
  // The seconds at both ends may be cut short.
  expect(performance.now() - started).toBeGreaterThan(1000 * (18 / 4 - 2));
});
