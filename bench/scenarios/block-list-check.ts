import type { Database } from '../../src/database/database';
import { commaSeparated, sql } from '../../src/database/sql';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { askWhetherBlocked } from '../block-lists/callers';
import { startBenchIssuer } from '../issuer';
import { openDatabase } from '../open-database';
import { startApiProcess, startProcess } from '../processes';
import { progress } from '../progress';
import { race } from '../race';
import { seedUsers } from '../seed';

const CALLERS = 32;
const POOL_SIZE = 16;
const USERS = 10_000;
const BLOCKED_EACH = 20;
const MANY = 100;
const OWNERS_A_STATEMENT = 100;
const BARE = 'bare, 1 pair';
const BARE_MANY = `bare, ${MANY} pairs`;

/** Whether users have blocked each other, as asked on every message, beside a bare Express route that runs the same query. */
export async function blockListCheck(place: BenchDatabase): Promise<void> {
  const database = await openDatabase(place, 2);
  await seedUsers(database, USERS);
  await seedLists(database);
  await database.close();
  const issuer = await startBenchIssuer();
  const [api, floor] = await Promise.all([
    startApiProcess(place, { keys: newBenchKeys(), issuer }),
    startProcess('bench/block-lists/floor-api.ts', {
      DATABASE_URL: place.url,
      DATABASE_POOL_SIZE: String(POOL_SIZE),
    }),
  ]);
  const crowd = { callers: CALLERS, users: USERS, blockedEach: BLOCKED_EACH };
  const contenders = [
    askWhetherBlocked(BARE, { ...crowd, url: floor.url, pairs: 1 }),
    askWhetherBlocked('1 pair', { ...crowd, url: api.url, pairs: 1 }, issuer.token),
    askWhetherBlocked(BARE_MANY, { ...crowd, url: floor.url, pairs: MANY }),
    askWhetherBlocked(`${MANY} pairs`, { ...crowd, url: api.url, pairs: MANY }, issuer.token),
  ];
  try {
    await race(contenders, CALLERS, [BARE, BARE_MANY]);
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await Promise.all([api.stop(), floor.stop()]);
    issuer.close();
  }
}

/** Each user has blocked those who follow her. */
async function seedLists(database: Database): Promise<void> {
  const now = new Date();
  for (let first = 1; first <= USERS; first += OWNERS_A_STATEMENT) {
    const rows = Array.from({ length: OWNERS_A_STATEMENT * BLOCKED_EACH }, (_, index) => {
      const owner = first + Math.floor(index / BLOCKED_EACH);
      return sql`(${owner}, ${1 + ((owner + (index % BLOCKED_EACH)) % USERS)}, ${now})`;
    });
    await database.query(
      sql`INSERT INTO block_list_entries (owner_id, blocked_id, created_at) VALUES ${commaSeparated(rows)}`,
    );
    progress(`blocking for ${first} of ${USERS} users`);
  }
}
