import { toText } from '../../../src/database/decode';
import type { Database } from '../../../src/database/database';
import { POSTGRES_SCHEMA } from '../../../src/queues/queue-store';
import { waitFor } from '../../support/processes';
import { testEnvironment } from '../../support/test-environment';
import { createUser, expected } from '../support/calls';
import { startDeliveryStage } from '../support/delivery-stage';
import { startPrivateRedis } from './private-redis';

const BLOCKS = 60;
const AT_ONCE = 6;

/** How a queue is made to lose all it has while blocks run. */
interface Loss {
  lose(): Promise<void>;
  /** Whether it was away and is back. */
  comeBack(): Promise<void>;
}

/**
 * The queue loses everything in the middle of a stream of blocks, twice. Each block is answered 204 whatever the
 * queue does, every webhook and e-mail that was asked for comes, repeats carry the same id, and nothing else comes.
 */
export async function loseQueue(rounds: number): Promise<void> {
  const redis = testEnvironment().engine === 'mysql' ? await startPrivateRedis() : undefined;
  const stage = await startDeliveryStage(redis && { REDIS_URL: redis.url });
  const { platform } = stage;
  const loss: Loss = redis
    ? { lose: () => redis.killAndLoseAll(), comeBack: () => redis.start() }
    : { lose: () => truncateQueues(platform.database), comeBack: () => Promise.resolve() };
  try {
    const { call } = await platform.startApi();
    await stage.register(call);
    await platform.startWorker();
    for (let round = 0; round < rounds; round++) {
      const users = await Promise.all(
        Array.from({ length: BLOCKS }, (_, index) =>
          createUser(call, `round${round}.user${index}@example.com`),
        ),
      );
      // Two of three ask for a webhook, and every other one for mail; some for both, some for nothing.
      const wishes = users.map(({ id, email }, index) => ({
        id,
        email: email ?? '',
        body: { triggerWebhook: index % 3 !== 0, notifyUserViaEmail: index % 2 === 0 },
      }));
      const waiting = [...wishes];
      const blockInTurn = async (): Promise<void> => {
        for (let next = waiting.shift(); next; next = waiting.shift()) {
          const { id, body } = next;
          expected(await call('PATCH', `/api/v1/users/${id}/block`, { body }), 204, 'block');
        }
      };
      const blocking = Promise.all(Array.from({ length: AT_ONCE }, blockInTurn));
      for (const left of [40, 20]) {
        await waitFor(() => (waiting.length <= left ? true : undefined), `${left} blocks to go`);
        await loss.lose();
        const back = waiting.length - 5;
        await waitFor(
          () => (waiting.length <= Math.max(back, 0) ? true : undefined),
          'blocks without a queue',
        );
        await loss.comeBack();
      }
      await blocking;
      await stage.allDelivered();
      const told = stage.toldByWebhook();
      for (const { id, email, body } of wishes) {
        expect(told.get(id)?.events ?? 0).toBe(body.triggerWebhook ? 1 : 0);
        const mails = stage.mailbox.recipients.filter((recipient) => recipient === email).length;
        if (body.notifyUserViaEmail) expect(mails).toBeGreaterThan(0);
        else expect(mails).toBe(0);
      }
    }
  } finally {
    await stage.close();
    await redis?.killAndLoseAll();
  }
}

/** PostgreSQL's code. */
const DEADLOCK = '40P01';

/** All of BullMQ's jobs; what it knows about its own schema stays, as it would after a restore. */
async function truncateQueues({ dataSource }: Database): Promise<void> {
  const rows: { tablename: string }[] = await dataSource.query(
    `SELECT tablename FROM pg_tables WHERE schemaname = $1 AND tablename NOT LIKE '%migration%'`,
    [POSTGRES_SCHEMA],
  );
  const tables = rows.map(({ tablename }) => `${POSTGRES_SCHEMA}."${toText(tablename)}"`);
  const truncated = () =>
    dataSource.query(`TRUNCATE ${tables.join(', ')} CASCADE`).then(
      () => true,
      (error: { code?: string }) => {
        // Workers are about: a deadlock with one of them is tried again.
        if (error.code !== DEADLOCK) throw error as Error;
        return undefined;
      },
    );
  await waitFor(truncated, 'the loss of the queue');
}
