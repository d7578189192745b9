import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import pino from 'pino';
import { newUuid } from '../../src/database/uuid';
import { createJobQueues } from '../../src/queues/job-queues';
import { createJobWorker, type JobWorker } from '../../src/queues/job-worker';
import type { QueueStoreOptions } from '../../src/queues/queue-store';
import type { DeliveryJob, JobQueues } from '../../src/queues/queues';
import { eventually } from '../events/delivery-fixtures';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { testEnvironment } from '../support/test-environment';
import { forgetQueues } from './forget-queues';

const log = pino({ level: 'silent' });
const { redisUrl } = testEnvironment();

let testDatabase: TestDatabase;
let options: QueueStoreOptions;
let queues: JobQueues | undefined;
let worker: JobWorker | undefined;

beforeAll(async () => {
  testDatabase = await createTestDatabase();
});
afterAll(() => testDatabase.drop());
beforeEach(() => {
  options = { databaseUrl: testDatabase.url, redisUrl, prefix: `test-${randomBytes(6).toString('hex')}` };
});
afterEach(async () => {
  await worker?.close();
  await queues?.close();
  worker = queues = undefined;
  await forgetQueues(options.prefix);
});

const job = (): DeliveryJob => ({ deliveryId: newUuid(), attempt: 1 });

function consume(process: (job: DeliveryJob) => Promise<void> = () => Promise.resolve()) {
  const seen: DeliveryJob[] = [];
  const record = (next: DeliveryJob) => {
    seen.push(next);
    return process(next);
  };
  worker = createJobWorker('webhooks', record, { ...options, concurrency: 8 }, log);
  return seen;
}

const produce = () => (queues = createJobQueues(options, log));
/** The first connection needs a moment. */
const added = (jobs: DeliveryJob[]) =>
  eventually(
    () =>
      queues?.add('webhooks', jobs).then(
        () => true,
        () => null,
      ) ?? null,
    'the queue takes jobs',
  );

describe('the job queues', () => {
  it('hand each job to the worker of their queue', async () => {
    produce();
    const seen = consume();
    const jobs = [job(), job(), job()];
    await added(jobs);
    await eventually(() => (seen.length >= 3 ? true : null), 'three jobs');
    expect(seen.sort((a, b) => a.deliveryId.localeCompare(b.deliveryId))).toEqual(jobs);
  });

  it('drop a job that is waiting already, whoever adds it', async () => {
    produce();
    const [first, second] = [job(), job()];
    await added([first]);
    await queues?.add('webhooks', [first]);
    await queues?.add('webhooks', [second]);
    const seen = consume();
    await eventually(() => (seen.length >= 2 ? true : null), 'two jobs');
    expect(seen.map(({ deliveryId }) => deliveryId)).toEqual([first.deliveryId, second.deliveryId]);
  });

  // A finished job that is kept would swallow the same attempt when the relay has to enqueue it again.
  it('I4: take a job again once it was done or failed', async () => {
    produce();
    let failing = true;
    const seen = consume(() => (failing ? Promise.reject(new Error('no')) : Promise.resolve()));
    const again = job();
    await added([again]);
    await eventually(() => (seen.length === 1 ? true : null), 'the first time');
    failing = false;
    for (const times of [2, 3]) {
      await eventually(async () => {
        await queues?.add('webhooks', [again]);
        return seen.length >= times ? true : null;
      }, `time ${times}`);
    }
  });

  it('wait for the jobs under way when they are closed', async () => {
    produce();
    let finish: () => void = () => undefined;
    const seen = consume(() => new Promise((resolve) => (finish = resolve)));
    await added([job()]);
    await eventually(() => (seen.length === 1 ? true : null), 'the job');
    let closed = false;
    const closing = worker?.close().then(() => (closed = true));
    // Longer than a store that is away is waited for.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(closed).toBe(false);
    finish();
    await closing;
  });
});

/** Stands before Redis, and can be taken away. */
async function startGate(url: string) {
  const { hostname, port } = new URL(url);
  const sockets = new Set<Socket>();
  const listen = async (at: number) => {
    const server = createServer((client) => {
      const upstream = connect(Number(port || 6379), hostname);
      for (const socket of [client, upstream]) {
        sockets.add(socket);
        socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
      }
      client.pipe(upstream).pipe(client);
    }).listen(at, '127.0.0.1');
    await once(server, 'listening');
    return server.unref();
  };
  let server = await listen(0);
  const at = (server.address() as AddressInfo).port;
  return {
    url: `redis://127.0.0.1:${at}`,
    async shut() {
      const closed = new Promise((resolve) => server.close(resolve));
      sockets.forEach((socket) => socket.destroy());
      await closed;
    },
    async open() {
      server = await listen(at);
    },
  };
}

// Runs where the jobs live in Redis (`npm run test:mysql`): on PostgreSQL they are away only with the database itself.
(redisUrl === undefined ? describe.skip : describe)('a Redis that is away (needs TEST_REDIS_URL)', () => {
  it('I4: at the start: producers fail fast, and both sides work once it comes', async () => {
    const gate = await startGate(redisUrl ?? '');
    await gate.shut();
    options = { ...options, redisUrl: gate.url };
    produce();
    const seen = consume();
    const started = performance.now();
    await expect(queues?.add('webhooks', [job()])).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(2_500);
    await expect(queues?.ping()).rejects.toThrow();
    await gate.open();
    await added([job()]);
    await eventually(() => (seen.length >= 1 ? true : null), 'the job');
  });

  it('I4: in between: the same', async () => {
    const gate = await startGate(redisUrl ?? '');
    options = { ...options, redisUrl: gate.url };
    produce();
    const seen = consume();
    await added([job()]);
    await eventually(() => (seen.length === 1 ? true : null), 'the first job');
    await gate.shut();
    const started = performance.now();
    await expect(queues?.add('webhooks', [job()])).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(2_500);
    await gate.open();
    const later = job();
    await added([later]);
    const found = () => (seen.some(({ deliveryId }) => deliveryId === later.deliveryId) ? true : null);
    await eventually(found, 'the later job');
  });

  it('does not keep a worker from closing', async () => {
    const gate = await startGate(redisUrl ?? '');
    options = { ...options, redisUrl: gate.url };
    produce();
    const seen = consume();
    await added([job()]);
    await eventually(() => (seen.length === 1 ? true : null), 'the job');
    await gate.shut();
    const started = performance.now();
    await worker?.close();
    expect(performance.now() - started).toBeLessThan(3_000);
    // What the worker left behind can say goodbye now.
    await gate.open();
  });
});

(redisUrl === undefined ? describe : describe.skip)(
  'a PostgreSQL without the schema (no TEST_REDIS_URL)',
  () => {
    it('is waited for, and does not spoil the queue', async () => {
      options = { ...options, databaseUrl: testDatabase.url.replace(/portcullis_test_\w+/, 'postgres') };
      produce();
      const seen = consume();
      await expect(queues?.add('webhooks', [job()])).rejects.toThrow();
      expect(seen).toHaveLength(0);
    });
  },
);
