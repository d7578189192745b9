import pino from 'pino';
import { sealRecords, startSealer } from '../../src/audit/seal-records';
import type { Database } from '../../src/database/database';
import type { Keyring } from '../../src/database/keyring';
import { sql } from '../../src/database/sql';
import { createOutbox } from '../../src/events/outbox';
import { createChangeSuspension } from '../../src/suspension/change-suspension';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { suspensionCommand } from '../change-users';
import type { Contender } from '../contender';
import { emptySample, measure } from '../measure';
import { openDatabase } from '../open-database';
import { progress, say } from '../progress';
import { report } from '../report';
import { seedUsers, USERS } from '../seed';

const CALLERS = 32;
/** As many API processes share the callers; each brings its own lanes. */
const APIS = 4;
const WARM_UP_SECONDS = 4;
const SLICES = 4;
const SLICE_SECONDS = 2;

const log = pino({ level: 'silent' });

/** A way to chain the audit records of what is measured. */
interface Chaining {
  name: string;
  contender: Contender;
  whileSealing: boolean;
}

/**
 * What chaining costs concurrent blocks, at the use case: nothing chained; the sealer at work beside them, in this very
 * process; and, for comparison, a head that each transaction holds until it commits, without even hashing.
 */
export async function audit(place: BenchDatabase): Promise<void> {
  const { keyring } = newBenchKeys();
  const database = await openDatabase(place, 16, keyring);
  try {
    await seedUsers(database);
    const plain = blocks(database);
    const chainings: Chaining[] = [
      { name: 'unchained', contender: plain, whileSealing: false },
      { name: 'sealer', contender: plain, whileSealing: true },
      { name: 'in transaction', contender: blocks(holdingHead(database)), whileSealing: false },
    ];
    const results = chainings.map(({ name }) => ({
      concurrency: CALLERS,
      contender: name,
      sample: emptySample(),
    }));
    for (const chaining of chainings) await runSlice(chaining, database, keyring, WARM_UP_SECONDS);
    const behind: number[] = [];
    for (let slice = 1; slice <= SLICES; slice++) {
      for (const [index, chaining] of chainings.entries()) {
        progress(`round ${slice} of ${SLICES}, ${chaining.name}`);
        const left = await runSlice(chaining, database, keyring, SLICE_SECONDS, results[index]?.sample);
        if (chaining.whileSealing) behind.push(left);
      }
    }
    say('');
    console.log(report(results, ['unchained']));
    console.log(`records not chained yet at the end of a round with the sealer: ${behind.join(', ')}`);
  } finally {
    await database.close();
  }
}

/** @returns how many records were left to chain at its end; they are chained before the next begins */
async function runSlice(
  { contender, whileSealing }: Chaining,
  database: Database,
  keyring: Keyring,
  seconds: number,
  sample = emptySample(),
): Promise<number> {
  const sealer = whileSealing ? startSealer(database, keyring, log) : null;
  await measure(contender, USERS, CALLERS, seconds, sample);
  await sealer?.stop();
  let left = 0;
  for (let batch = 1; batch > 0; left += batch) batch = await sealRecords(database, keyring);
  return left;
}

function blocks(database: Database): Contender {
  const queues = {
    add: () => Promise.resolve(),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
  const outbox = createOutbox({ channels: [], queues, onQueueAway: () => Promise.resolve() });
  const apis = Array.from({ length: APIS }, () => createChangeSuspension(database, outbox));
  let calls = 0;
  const change = async (action: 'block' | 'unblock', userId: number) =>
    void (await apis[calls++ % APIS]?.(suspensionCommand(action, userId)));
  return {
    name: 'use case',
    about: 'without HTTP and deliveries',
    block: (id) => change('block', id),
    unblock: (id) => change('unblock', id),
    close: () => Promise.resolve(),
  };
}

/** As it would be if each transaction chained its own records. */
const holdingHead = (database: Database): Database => ({
  ...database,
  sharedTransaction: (claiming, work) =>
    database.sharedTransaction(claiming, async (tx) => {
      await tx.read(sql`SELECT position FROM audit_head FOR UPDATE`);
      return work(tx);
    }),
});
