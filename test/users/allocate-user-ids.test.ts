import { toInteger } from '../../src/database/decode';
import { commaSeparated, sql } from '../../src/database/sql';
import { createCreateUser } from '../../src/users/create-user';
import type { NewUser } from '../../src/users/insert-users';
import { type OpenDatabase, openDatabase } from '../database/support/open-database';
import { rounds } from '../support/test-environment';

const FIRST = 2 ** 30;
const actor = { subject: 'test', clientId: null, requestId: null };

let open: OpenDatabase;
beforeEach(async () => {
  open = await openDatabase();
});
afterEach(() => open.close());

const create = async (input: NewUser = {}) => (await createCreateUser(open.database)(input, actor)).id;
const allIds = async () =>
  (await open.database.query(sql`SELECT id FROM users ORDER BY id`)).rows.map(({ id }) => toInteger(id));

/** Ids that a provider gave out, in one statement. */
async function give(ids: readonly number[]): Promise<void> {
  const now = new Date();
  const rows = ids.map((id) => sql`(${id}, ${`u${id}`}, FALSE, 1, 0, 1, ${now}, ${now})`);
  await open.database.query(sql`INSERT INTO users (id, uid, suspended, access_epoch, event_sequence, version,
    created_at, updated_at) VALUES ${commaSeparated(rows)}`);
}

describe('given and generated ids never collide', () => {
  it('generated ones begin at 2^30 and follow each other', async () => {
    expect([await create(), await create(), await create()]).toEqual([FIRST, FIRST + 1, FIRST + 2]);
  });

  it('given ones in their way are stepped over, before, between and at the end', async () => {
    await give([FIRST, FIRST + 1, FIRST + 3, FIRST + 6]);
    const made = [await create(), await create(), await create(), await create()];
    expect(made).toEqual([FIRST + 2, FIRST + 4, FIRST + 5, FIRST + 7]);
  });

  it('an id given just below or far above moves nothing', async () => {
    await create({ id: FIRST - 1 });
    await create({ id: 2 ** 53 - 1 });
    expect(await create()).toBe(FIRST);
  });

  it.each([999, 1_000, 1_001, 2_500])('a run of %i given ids is stepped over', async (length) => {
    await give(Array.from({ length }, (_, index) => FIRST + index));
    expect([await create(), await create()]).toEqual([FIRST + length, FIRST + length + 1]);
  });

  it('whoever creates at the same time gets another id', async () => {
    const made = await Promise.all(Array.from({ length: 30 }, () => create()));
    expect(new Set(made).size).toBe(30);
    expect(Math.max(...made)).toBe(FIRST + 29);
  });

  it('providers that give the very ids that are generated now: each gets hers or a 409, nobody another’s', async () => {
    for (let round = 0; round < rounds(5, 200); round++) {
      const next = Math.max(FIRST - 1, ...(await allIds())) + 1;
      const before = (await allIds()).length;
      const given = [0, 1, 2, 3, 5, 8].map((offset) => next + offset);
      const calls = given.flatMap((id) => [create({ id }), create()]);
      const outcomes = await Promise.allSettled(calls);
      const made = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
      expect(new Set(made).size).toBe(made.length);
      expect((await allIds()).length).toBe(before + made.length);
      outcomes.forEach((outcome, index) => {
        const wanted = index % 2 === 0 ? given[index / 2] : undefined;
        if (outcome.status === 'fulfilled') {
          if (wanted !== undefined) expect(outcome.value).toBe(wanted);
          return;
        }
        // Only a given id can be taken: a generated one is tried again.
        expect(outcome.reason).toMatchObject({ code: 'user.id_taken' });
        expect(wanted).toBeDefined();
      });
    }
  });

  it('a creation that fails leaves no gap', async () => {
    await create({ uid: 'ada' });
    await expect(create({ uid: 'ada' })).rejects.toMatchObject({ code: 'user.uid_taken' });
    expect(await create()).toBe(FIRST + 1);
  });
});
