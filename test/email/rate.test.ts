import pino from 'pino';
import { openDispatcher } from '../../src/events/dispatch/open-dispatcher';
import { createTurns } from '../../src/events/dispatch/turns';
import { openLimitStore } from '../../src/http/rate-limits/limit-store';
import { createCreateUser } from '../../src/users/create-user';
import {
  type DeliveryDatabase,
  eventually,
  openDeliveryDatabase,
  seedDelivery,
} from '../events/delivery-fixtures';
import { testEnvironment } from '../support/test-environment';
import { testSender } from './support/sender';
import { startSmtp, type TestSmtp } from './support/smtp';

const PER_SECOND = 4;
const EMAILS = 20;

let store: DeliveryDatabase;
let smtp: TestSmtp;
beforeAll(async () => {
  [store, smtp] = await Promise.all([openDeliveryDatabase(), startSmtp()]);
});
afterAll(async () => {
  await smtp.close();
  await store.close();
});

/** What sends e-mails in one worker process. */
function openWorker() {
  // Redis is not yet connected when the first turn is taken: that one is not counted together.
  const onStoreAway = () => undefined;
  const limits = openLimitStore(
    { databaseUrl: store.url, redisUrl: testEnvironment().redisUrl, prefix: `rate-${process.pid}` },
    onStoreAway,
  );
  const sender = testSender({ smtpUrl: smtp.url, encryption: store.encryption, perSecond: PER_SECOND });
  const dispatcher = openDispatcher(store.database, sender, {
    turns: createTurns({ store: limits, onStoreAway }),
    concurrency: 32,
    oneReceiver: true,
    schedule: [0],
    outbox: { handOver: () => undefined },
    log: pino({ level: 'silent' }),
    onAttempt: () => undefined,
  });
  return {
    accept: dispatcher.accept,
    async close() {
      await dispatcher.close();
      sender.close();
      await limits.close();
    },
  };
}

it('the mail server gets so many e-mails a second and no more, of all workers together, whomever they are for', async () => {
  const actor = { subject: 'test', clientId: null, requestId: null };
  const createUser = createCreateUser(store.database);
  const userIds = await Promise.all(
    Array.from({ length: EMAILS }, async (_, index) => {
      const { id } = await createUser({ email: `user-${index}@example.org` }, actor);
      return id;
    }),
  );
  const workers = [openWorker(), openWorker()];
  const started = performance.now();
  for (const [index, userId] of userIds.entries()) {
    const target = String(userId);
    const { deliveryId } = await seedDelivery(store.database, { channel: 'email', target, userId });
    await workers[index % 2]?.accept({ deliveryId, attempt: 1, target });
  }
  await eventually(() => (smtp.caught.length === EMAILS ? true : null), 'the e-mails');
  const tookMs = performance.now() - started;
  await Promise.all(workers.map((worker) => worker.close()));
  // They take turns in five seconds of the clock at least, of which the first and the last may be short.
  expect(tookMs).toBeGreaterThan((EMAILS / PER_SECOND - 2) * 1_000);
  expect(new Set(smtp.caught.flatMap(({ recipients }) => recipients)).size).toBe(EMAILS);
});
