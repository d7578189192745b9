import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import type { Database } from '../../src/database/database';
import type { Outbox } from '../../src/events/outbox';
import { startExpiry } from '../../src/suspension/expire-suspensions';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { changeUsers, suspensionCommand } from '../change-users';
import { percentile } from '../measure';
import { openDatabase } from '../open-database';
import { openOutbox } from '../open-outbox';
import { progress, say } from '../progress';
import { seedUsers } from '../seed';

const SUSPENSIONS = 10_000;
const BATCH = 200;
/** While the users are being blocked, nothing may run out yet. */
const HEAD_START_MS = 20_000;

const log = pino({ level: 'silent' });

/**
 * How late the worker closes suspensions: 10,000 that run out in the same minute, and as many in the same second, each
 * with an e-mail to be queued; in a table of 100,000 users. Milliseconds from the until to the commit that closed it.
 */
export async function expiry(place: BenchDatabase): Promise<void> {
  const database = await openDatabase(place, 8, newBenchKeys().keyring);
  const outbox = openOutbox(place);
  try {
    await seedUsers(database);
    for (const spreadMs of [60_000, 1_000]) await expireWithin(database, outbox, spreadMs);
  } finally {
    await outbox.close();
    await database.close();
  }
}

async function expireWithin(database: Database, outbox: Outbox, spreadMs: number): Promise<void> {
  const firstUntil = Date.now() + HEAD_START_MS;
  await blockAll(database, outbox, () => new Date(firstUntil + randomInt(spreadMs)));
  const late: number[] = [];
  const polling = startExpiry({ database, outbox, log, onExpired: (seconds) => late.push(seconds * 1000) });
  while (late.length < SUSPENSIONS) {
    progress(`${late.length} of ${SUSPENSIONS} closed`);
    await delay(1_000);
  }
  await polling.stop();
  const sorted = late.toSorted((a, b) => a - b);
  const [p50, p99, worst] = [0.5, 0.99, 1].map((share) => percentile(sorted, share).toFixed(0));
  say('');
  console.log(
    `${SUSPENSIONS} in ${spreadMs / 1000} s: closed p50 ${p50} ms, p99 ${p99} ms, worst ${worst} ms late`,
  );
}

async function blockAll(database: Database, outbox: Outbox, until: () => Date): Promise<void> {
  for (let first = 1; first <= SUSPENSIONS; first += BATCH) {
    const commands = Array.from({ length: BATCH }, (_, n) =>
      suspensionCommand('block', first + n, { askedFor: ['email'], until: until() }),
    );
    await changeUsers(database, outbox, commands);
    progress(`${first + BATCH - 1} of ${SUSPENSIONS} blocked`);
  }
}
