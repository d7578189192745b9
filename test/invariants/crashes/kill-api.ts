import { commaSeparated, sql, type Statement } from '../../../src/database/sql';
import type { Call } from '../../support/http-client';
import { waitFor } from '../../support/processes';
import { createUser, expected } from '../support/calls';
import { type DeliveryStage, startDeliveryStage } from '../support/delivery-stage';
import { untilWaiting, whileHeld } from '../support/held-rows';
import type { Random } from '../support/random';

/** Blocks that are under way when the API is killed. */
const BLOCKS = 40;

/** How many blocks that asked for a webhook were stored, and how many of these nobody had an answer to. */
interface Found {
  stored: number;
  unanswered: number;
}

/**
 * Kills APIs while they answer many blocks: some are stored and neither answered nor handed to the queue. Who is
 * blocked in the database has her webhook in the end; who is not, or asked for none, gets nothing.
 */
export async function killApis(kills: number, random: Random): Promise<Found> {
  const stage = await startDeliveryStage();
  try {
    const { call } = await stage.platform.startApi();
    await stage.register(call);
    await stage.platform.startWorker();
    const found: Found = { stored: 0, unanswered: 0 };
    for (let kill = 0; kill < kills; kill++) {
      const users = await Promise.all(
        Array.from({ length: BLOCKS }, async () => (await createUser(call)).id),
      );
      // The exact moment, and any moment.
      const answered =
        kill % 2 === 0 ? await killAfterCommit(stage, users) : await killAnytime(stage, users, random);
      const suspensions = await stage.suspensions();
      expect(answered.filter((id) => !suspensions.has(id))).toEqual([]);
      const stored = users.filter((id) => suspensions.get(id)?.webhook);
      found.stored += stored.length;
      found.unanswered += stored.filter((id) => !answered.includes(id)).length;
    }
    await stage.allDelivered();
    const asked = [...(await stage.suspensions())].filter(([, { webhook }]) => webhook).map(([id]) => id);
    const told = stage.toldByWebhook();
    expect([...told.keys()].sort()).toEqual(asked.sort());
    expect([...told.values()].filter(({ events }) => events !== 1)).toEqual([]);
    return found;
  } finally {
    await stage.close();
  }
}

/**
 * The process is stopped while its transactions wait for rows that we hold: the database commits what it was sent,
 * and the process never gets to know. Two blocks alone fill the lanes of the coalescer first, so that the others
 * gather in groups.
 * @returns the users whose block was answered: those two
 */
async function killAfterCommit({ platform }: DeliveryStage, users: number[]): Promise<number[]> {
  const { database } = platform;
  const victim = await platform.startApi();
  for (const id of users) await block(victim.call, id, { suspensionReason: 'before' });
  // The highest ids: MySQL's check of a unique key locks up to the next one, which must not be one that we hold.
  const ascending = [...users].sort((a, b) => a - b);
  const first = ascending.slice(-2);
  const others = ascending.slice(0, -2);
  const answered: number[] = [];
  const replace = (ids: number[]) =>
    ids.map((id) =>
      block(victim.call, id, { suspensionReason: 'after', triggerWebhook: true }).then(
        () => void answered.push(id),
        expectCut,
      ),
    );
  await whileHeld(database, suspensionsOf(others), async (release) => {
    let gathered: Promise<void>[] = [];
    await whileHeld(database, suspensionsOf(first), async (releaseFirst) => {
      const lanes = replace(first);
      await untilWaiting(database, (waiting) => waiting === first.length);
      gathered = replace(others);
      // Its answer comes after the others have arrived.
      await fetch(`${victim.url}/healthz`);
      await releaseFirst();
      await Promise.all(lanes);
    });
    // One group or two, as they happened to be read.
    await untilWaiting(database, (waiting) => waiting > 0);
    victim.kill('SIGSTOP');
    await release();
    const stored = sql`SELECT id FROM suspensions WHERE notify_webhook
      AND open_user_id IN (${commaSeparated(others)}) LIMIT 1`;
    await waitFor(
      async () => ((await database.query(stored)).rows.length > 0 ? true : undefined),
      'the commit',
      10_000,
    );
    victim.kill('SIGKILL');
    await Promise.all(gathered);
  });
  expect(answered.sort()).toEqual([...first].sort());
  return answered;
}

const suspensionsOf = (users: number[]): Statement[] =>
  users.map((id) => sql`SELECT id FROM suspensions WHERE open_user_id = ${id} FOR UPDATE`);

/** @returns the users whose block was answered */
async function killAnytime({ platform }: DeliveryStage, users: number[], random: Random): Promise<number[]> {
  const victim = await platform.startApi();
  const answered: number[] = [];
  const killAfter = random.below(users.length / 2);
  const blocks = users.map((id, index) =>
    block(victim.call, id, { triggerWebhook: index % 4 !== 0 }).then(() => void answered.push(id), expectCut),
  );
  await waitFor(() => (answered.length > killAfter ? true : undefined), 'the moment to kill', 20_000);
  victim.kill('SIGKILL');
  await Promise.all(blocks);
  return answered;
}

async function block(
  call: Call,
  userId: number,
  body: { triggerWebhook?: boolean; suspensionReason?: string },
): Promise<void> {
  expected(await call('PATCH', `/api/v1/users/${userId}/block`, { body }), 204, 'block');
}

/** The connection was cut, so the caller cannot know whether the block is stored; a bad answer is another matter. */
function expectCut(error: Error): void {
  // By its name: what `fetch` throws is of another realm than the test.
  if (error.name !== 'TypeError') throw error;
}
