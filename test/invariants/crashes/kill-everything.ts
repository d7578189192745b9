import { rounds, testEnvironment } from '../../support/test-environment';
import { type TestProcess, waitFor } from '../../support/processes';
import { expected } from '../support/calls';
import { type DeliveryStage, startDeliveryStage } from '../support/delivery-stage';
import type { Random } from '../support/random';
import { seedUsers } from '../support/seed-users';
import { startPrivateDatabase } from './private-database';
import { startPrivateRedis } from './private-redis';

/** As many as one batch takes. */
const USERS_A_BATCH = 1_000;

/** A receiver that is there is told at once, whatever the attempts before came to. */
const DELIVERY_RETRY_SCHEDULE = ['0', ...Array<string>(20).fill('1')].join(',');

/** A lease of 15 s: it runs out before the mark of the queue does (30 s). */
const WEBHOOK_TIMEOUT = '5';

const PATIENCE_MS = 240_000;

/** Something that is killed with -9 and started again. */
interface Victim {
  name: string;
  killAndRestart(): Promise<void>;
}

/**
 * Worker, database and, where there is one, Redis are killed at random moments while deliveries run: each of them is
 * delivered in the end, each event was seen, and what came more than once carried the same id.
 * @returns how many webhooks came more than once
 */
export async function killEverything(times: number, deliveries: number, random: Random): Promise<number> {
  const redis = testEnvironment().engine === 'mysql' ? await startPrivateRedis() : undefined;
  const database = await startPrivateDatabase();
  const stage = await startDeliveryStage(
    { REDIS_URL: redis?.url, DELIVERY_RETRY_SCHEDULE, WEBHOOK_TIMEOUT },
    undefined,
    database,
  );
  try {
    const { call } = await stage.platform.startApi();
    await stage.register(call);
    const victims: Victim[] = [
      await workerOf(stage),
      { name: 'database', killAndRestart: () => database.kill().then(() => database.start()) },
      ...(redis
        ? [{ name: 'Redis', killAndRestart: () => redis.killAndLoseAll().then(() => redis.start()) }]
        : []),
    ];
    for (let round = 0; round < times; round++) {
      const ids = await seedUsers(stage.platform.database, deliveries, 1 + round * deliveries);
      for (let at = 0; at < ids.length; at += USERS_A_BATCH) {
        const body = { action: 'block', userIds: ids.slice(at, at + USERS_A_BATCH), triggerWebhook: true };
        expected(await call('POST', '/api/v1/suspensions/batch', { body }), 200, 'a batch');
      }
      await killWhileDelivering(stage, victims, ids, random);
      await stage.allDelivered(PATIENCE_MS);
      const told = stage.toldByWebhook();
      expect(ids.filter((id) => told.get(id)?.events !== 1)).toEqual([]);
    }
    const told = [...stage.toldByWebhook().values()];
    expect(told).toHaveLength(times * deliveries);
    return told.reduce((repeats, { requests, events }) => repeats + requests - events, 0);
  } finally {
    await stage.close();
    await redis?.killAndLoseAll();
  }
}

/** Each victim dies in each round, in any order, when so and so many of the round's users have been told. */
async function killWhileDelivering(
  stage: DeliveryStage,
  victims: readonly Victim[],
  ids: readonly number[],
  random: Random,
): Promise<void> {
  const doomed = Array.from({ length: rounds(1, 2) }, () => victims).flat();
  const moments = doomed.map(() => random.below(ids.length)).sort((a, b) => a - b);
  const [first = 0] = ids;
  const toldOfRound = () => [...stage.toldByWebhook().keys()].filter((id) => id >= first).length;
  for (const moment of moments) {
    await waitFor(() => (toldOfRound() >= moment ? true : undefined), 'the moment to kill', PATIENCE_MS);
    const [victim] = doomed.splice(random.below(doomed.length), 1);
    process.stdout.write(`${toldOfRound()} of ${ids.length} told: kill -9 of the ${victim?.name}\n`);
    await victim?.killAndRestart();
  }
}

async function workerOf({ platform }: DeliveryStage): Promise<Victim> {
  let worker: TestProcess = await platform.startWorker();
  return {
    name: 'worker',
    async killAndRestart() {
      worker.kill('SIGKILL');
      await worker.ended;
      worker = await platform.startWorker();
    },
  };
}
