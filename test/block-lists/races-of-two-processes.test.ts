import { toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { blockListOf } from '../api/support/block-lists';
import { createUser } from '../invariants/support/calls';
import { seededRandom } from '../invariants/support/random';
import type { Answer } from '../support/http-client';
import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { rounds } from '../support/test-environment';

const MAX = 5;
const ERASE = { body: { permanent: true } };

// It waits for processes to start.
jest.setTimeout(rounds(120_000, 3_600_000));

describe('block lists over several API processes', () => {
  let platform: Platform;
  let here: TestApiProcess;
  let there: TestApiProcess;
  beforeAll(async () => {
    platform = await startPlatform({ BLOCK_LIST_MAX: String(MAX) });
    [here, there] = await Promise.all([platform.startApi(), platform.startApi()]);
  });
  afterAll(() => platform.close());

  const newIds = async (count: number): Promise<number[]> => {
    const users = await Promise.all(Array.from({ length: count }, () => createUser(here.call)));
    return users.map(({ id }) => id);
  };
  const entriesOf = async (ownerId: number): Promise<number[]> => {
    const { rows } = await platform.database.query(
      sql`SELECT blocked_id FROM block_list_entries WHERE owner_id = ${ownerId}`,
    );
    return rows.map((row) => toInteger(row.blocked_id));
  };
  const recordsOf = async (ownerId: number): Promise<number> => {
    const { rows } = await platform.database.query(
      sql`SELECT id FROM audit_records WHERE target = ${`user:${ownerId}`} AND action = 'block_list.add' AND outcome = 'done'`,
    );
    return rows.length;
  };
  const put = ({ call }: TestApiProcess, owner: number, other: number): Promise<Answer> =>
    call('PUT', `${blockListOf(owner)}/${other}`);
  const erase = ({ call }: TestApiProcess, userId: number): Promise<Answer> =>
    call('DELETE', `/api/v1/users/${userId}`, ERASE);
  const statusesOf = (answers: readonly Answer[]) => answers.map(({ status }) => status).sort();

  it('of those who add the same user at the same moment, one does', async () => {
    for (let round = 0; round < rounds(20, 1_000); round++) {
      const [owner = 0, other = 0] = await newIds(2);
      const answers = await Promise.all([here, there, here, there].map((api) => put(api, owner, other)));
      expect(statusesOf(answers)).toEqual([204, 409, 409, 409]);
      expect([await entriesOf(owner), await recordsOf(owner)]).toEqual([[other], 1]);
    }
  });

  it('a list is never longer than it may be, wherever it is added to', async () => {
    for (let round = 0; round < rounds(10, 300); round++) {
      const [owner = 0, ...others] = await newIds(2 * MAX + 3);
      const answers = await Promise.all(
        others.map((other, at) => put(at % 2 === 0 ? here : there, owner, other)),
      );
      const added = others.filter((_other, at) => answers[at]?.status === 204);
      expect(added).toHaveLength(MAX);
      expect((await entriesOf(owner)).sort()).toEqual(added.sort());
    }
  });

  it('I7: an erasure of either, or of both, while they block each other leaves no entry behind', async () => {
    const random = seededRandom('they are erased while they block each other');
    let late = 0;
    for (let round = 0; round < rounds(30, 1_000); round++) {
      const [one = 0, other = 0] = await newIds(2);
      const erased = random.pick([[one], [other], [one, other]]);
      const calls = [
        () => put(here, one, other),
        () => put(there, other, one),
        ...erased.map((id, at) => () => erase(at === 0 ? there : here, id)),
      ].sort(() => random.below(3) - 1);
      const statuses = statusesOf(await Promise.all(calls.map((call) => call())));
      expect(statuses.filter((status) => status !== 204 && status !== 404)).toEqual([]);
      late += statuses.filter((status) => status === 404).length;
    }
    const { rows } = await platform.database.query(sql`SELECT e.position FROM block_list_entries e
      LEFT JOIN users o ON o.id = e.owner_id LEFT JOIN users b ON b.id = e.blocked_id
      WHERE o.id IS NULL OR b.id IS NULL`);
    expect(rows).toEqual([]);
    process.stdout.write(`${late} came late\n`);
  });
});
