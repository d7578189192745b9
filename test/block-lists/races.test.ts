import pino from 'pino';
import type { ChangeAccount } from '../../src/accounts/account-command';
import { createChangeAccount } from '../../src/accounts/change-account';
import { createEraseUser } from '../../src/accounts/erase-user';
import { systemActor } from '../../src/audit/audit';
import { type AddToBlockList, createAddToBlockList } from '../../src/block-lists/add-to-block-list';
import { sql } from '../../src/database/sql';
import type { Outbox } from '../../src/events/outbox';
import { alwaysTold, everythingElse, personalData } from '../../src/registrations';
import { outboxOf } from '../../src/services/ground';
import { addAll, blockListOf, idsOn } from '../api/support/block-lists';
import { newEndpoint, newUser } from '../api/support/fixtures';
import { snapshotOf } from '../api/support/tables';
import { seededRandom } from '../invariants/support/random';
import { startTestApi, type TestApi } from '../support/test-api';
import { rounds } from '../support/test-environment';

const MAX = 5;

let api: TestApi;
let outbox: Outbox;
/** How often a unit of work began. */
let runs = 0;
let add: AddToBlockList;
let erase: ChangeAccount;

beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent', BLOCK_LIST_MAX: String(MAX) });
  outbox = outboxOf(api.services, pino({ level: 'silent' }));
  const counting: Outbox = {
    ...outbox,
    candidateReads(...asked) {
      runs++;
      return outbox.candidateReads(...asked);
    },
  };
  add = createAddToBlockList(api.services.database, counting, MAX);
  const everything = createEraseUser([...personalData, ...everythingElse], alwaysTold);
  erase = createChangeAccount(api.services.database, counting, everything);
});
afterAll(async () => {
  await outbox.close();
  await api.close();
});

const newIds = async (count: number): Promise<number[]> => {
  const users = await Promise.all(Array.from({ length: count }, () => newUser(api, {})));
  return users.map(({ id }) => id).sort((a, b) => a - b);
};

describe('a block list', () => {
  it('is never longer than it may be, whoever adds to it at the same moment', async () => {
    const [owner = 0, ...others] = await newIds(21);
    const outcomes = await Promise.all(others.map((other) => addAll(api, owner, [other])));
    expect(outcomes.flat().sort()).toEqual([
      ...Array.from({ length: MAX }, () => 'added'),
      ...Array.from({ length: others.length - MAX }, () => 'full'),
    ]);
    expect(await idsOn(api, owner)).toHaveLength(MAX);
  });

  it('holds a user once, however often she is added at the same moment', async () => {
    const [owner = 0, other = 0] = await newIds(2);
    const outcomes = await Promise.all(Array.from({ length: 10 }, () => addAll(api, owner, [other])));
    expect(outcomes.flat().sort()).toEqual(['added', ...Array.from({ length: 9 }, () => 'already_blocked')]);
  });

  it('those who block each other at the same moment do not wait for each other in a circle', async () => {
    const random = seededRandom('they block each other');
    const actor = systemActor('test');
    let calls = 0;
    runs = 0;
    for (let round = 0; round < rounds(25, 1_000); round++) {
      const users = await newIds(3);
      const answers = await Promise.all(
        users.map((owner) => {
          calls++;
          const others = users.filter((other) => other !== owner);
          return add(owner, random.chance(0.5) ? others : others.reverse(), actor);
        }),
      );
      expect(answers.flatMap((outcomes) => [...outcomes.values()])).toEqual(
        Array.from({ length: 6 }, () => 'added'),
      );
    }
    // A transaction that was chosen to end a deadlock would have been run again.
    expect(runs).toBe(calls);
  });

  it('those who block each other and are erased at the same moment do not wait for each other in a circle', async () => {
    await newEndpoint(api, ['block_list.*']);
    const actor = systemActor('test');
    let calls = 0;
    runs = 0;
    for (let round = 0; round < rounds(25, 1_000); round++) {
      const users = await newIds(4);
      for (const owner of users)
        await addAll(
          api,
          owner,
          users.filter((other) => other !== owner),
        );
      await Promise.all(
        users.map((userId) => {
          calls++;
          return erase({ userId, actor, askedFor: new Set(), mayTouchProtected: false });
        }),
      );
    }
    expect(runs).toBe(calls);
    const { rows } = await api.services.database.query(sql`SELECT e.position FROM block_list_entries e
      LEFT JOIN users o ON o.id = e.owner_id WHERE o.id IS NULL`);
    expect(rows).toEqual([]);
  });

  it('I7: a user who is erased while she is blocked and blocks leaves no entry, and no uid, behind', async () => {
    await newEndpoint(api, ['block_list.*']);
    const statuses: number[] = [];
    for (let round = 0; round < rounds(20, 500); round++) {
      const eve = await newUser(api, { uid: `eve-${round}` });
      const [bob = 0] = await newIds(1);
      const put = (owner: number, other: number) => api.call('PUT', `${blockListOf(owner)}/${other}`);
      const calls = [
        () => put(bob, eve.id),
        () => api.call('DELETE', `/api/v1/users/${eve.id}`, { body: { permanent: true } }),
        () => put(eve.id, bob),
      ];
      // Each of them comes first in its turn.
      const first = round % calls.length;
      const turned = [...calls.slice(first), ...calls.slice(0, first)];
      const answers = await Promise.all(turned.map((call) => call()));
      statuses.push(...answers.map(({ status }) => status));
      const { events = [], access_revocations: _feed, ...tables } = await snapshotOf(api.services.database);
      expect(JSON.stringify(tables)).not.toContain(eve.uid);
      expect(events.filter((row) => row.includes(eve.uid) && !row.includes('user.deleted'))).toEqual([]);
    }
    expect(statuses.filter((status) => status !== 204 && status !== 404)).toEqual([]);
    const { rows } = await api.services.database.query(sql`SELECT e.position FROM block_list_entries e
      LEFT JOIN users o ON o.id = e.owner_id LEFT JOIN users b ON b.id = e.blocked_id
      WHERE o.id IS NULL OR b.id IS NULL`);
    expect(rows).toEqual([]);
    process.stdout.write(
      `${statuses.filter((status) => status === 404).length} of ${statuses.length} came late\n`,
    );
  });
});
