import { setTimeout as delay } from 'node:timers/promises';
import { createGuard } from '../../guard';
import { type Platform, startPlatform, type TestApiProcess } from '../support/processes';
import { rounds } from '../support/test-environment';
import { type AccessPlace, anything, type Member, newMember } from './support/access-calls';
import { type Use, violationsOf } from './support/access-ledger';
import { createQuickClient } from './support/quick-client';
import { seededRandom } from './support/random';
import { seedUsers } from './support/seed-users';

const OPERATIONS = rounds(1_000, 1_000_000);
const AT_ONCE = 64;
/** So few that two calls or three are always about the same one. */
const CAST = 24;
/** Then her history is held against the rules, and another takes her place. */
const OPERATIONS_A_USER = 250;
const LEASE_MS = 5_000;
const SHOWN = 20;
const PROGRESS_MS = 10_000;
const SIX_HOURS = 6 * 3_600;

jest.setTimeout(rounds(150_000, 3_600_000));

/** What the whole service is for, counted: sign-in, touch, introspection and two guards against all that ends access. */
describe('I1, I2: random interleavings on two API processes', () => {
  let platform: Platform;
  let place: AccessPlace;

  beforeAll(async () => {
    platform = await startPlatform({ RATE_LIMIT_DEFAULT: '0', RATE_LIMIT_SESSIONS: '0' });
    const { issuer } = platform;
    // The worker ends what runs out.
    const [apis] = await Promise.all([
      Promise.all([platform.startApi(), platform.startApi()]),
      platform.startWorker(),
    ]);
    const exp = Math.floor(Date.now() / 1000) + SIX_HOURS;
    const token = await issuer.sign({ sub: 'admin', client_id: 'admin', scope: 'system_api', exp });
    const open = ({ url }: TestApiProcess) => ({
      client: createQuickClient(url, token),
      guard: createGuard({
        issuer: issuer.issuer,
        audience: issuer.audience,
        api: url,
        token: () => Promise.resolve(token),
        leaseMs: LEASE_MS,
      }),
    });
    place = {
      random: seededRandom('random interleavings'),
      apis: apis.map(open),
      tokenOf: (sub, sid, epoch) => issuer.sign({ sub, sid, epoch, client_id: 'web' }),
    };
    await Promise.all(place.apis.map(({ guard }) => guard.ready()));
  });
  afterAll(async () => {
    for (const { client, guard } of place?.apis ?? []) {
      guard.close();
      await client.close();
    }
    await platform.close();
  });

  it(`no violation in ${OPERATIONS.toLocaleString('en')} operations`, async () => {
    const members = await castOf(Math.ceil(OPERATIONS / OPERATIONS_A_USER) + CAST);
    const violations: string[] = [];
    const tally = new Map<string, number>();
    let done = 0;
    /** What remains of each of the cast. */
    const stage = members.splice(0, CAST).map((member) => ({ member, left: OPERATIONS_A_USER, underWay: 0 }));

    const judge = (member: Member) => {
      violations.push(...violationsOf(member.ledger, LEASE_MS).map((what) => `user ${member.id}: ${what}`));
      member.ledger.uses.forEach((use) => tally.set(nameOf(use), (tally.get(nameOf(use)) ?? 0) + 1));
      member.ledger.endings.forEach(({ does }) => tally.set(does, (tally.get(does) ?? 0) + 1));
    };
    const caller = async () => {
      for (; done < OPERATIONS;) {
        const slot = place.random.pick(stage);
        if (slot.left === 0) {
          // Those who are still under way with her end first.
          await delay(1);
          continue;
        }
        slot.left--;
        slot.underWay++;
        const calls = await anything(place, slot.member);
        done += calls;
        slot.underWay--;
        if (slot.left > 0 || slot.underWay > 0) continue;
        judge(slot.member);
        const next = members.pop();
        if (next) Object.assign(slot, { member: next, left: OPERATIONS_A_USER });
      }
    };
    const started = performance.now();
    const told = () =>
      `${done.toLocaleString('en')} operations in ${((performance.now() - started) / 1000).toFixed(0)} s, ` +
      `${violations.length} violations`;
    const progress = setInterval(() => process.stdout.write(`${told()}\n`), PROGRESS_MS);
    try {
      await Promise.all(Array.from({ length: AT_ONCE }, caller));
    } finally {
      clearInterval(progress);
    }
    stage.filter(({ left }) => left > 0).forEach(({ member }) => judge(member));
    process.stdout.write(`${told()}: ${JSON.stringify(Object.fromEntries([...tally].sort()))}\n`);

    expect(violations.slice(0, SHOWN)).toEqual([]);
    // Had nothing been let in, or everything, there would be nothing to violate.
    for (const asks of ['touch', 'introspection', 'guard'] as const) {
      const share = shareOf(tally, asks);
      expect([asks, share > 0.1 && share < 0.9, share]).toEqual([asks, true, share]);
    }
  });

  async function castOf(count: number): Promise<Member[]> {
    const ids: number[] = [];
    while (ids.length < count) {
      const chunk = Math.min(1_000, count - ids.length);
      ids.push(...(await seedUsers(platform.database, chunk, 1_001 + ids.length)));
    }
    return ids.map((id) => newMember(id, `seeded-${id}`));
  }
});

const nameOf = ({ asks, accepted }: Pick<Use, 'asks' | 'accepted'>): string =>
  `${asks} ${accepted ? 'accepted' : 'refused'}`;

function shareOf(tally: ReadonlyMap<string, number>, asks: Use['asks']): number {
  const [accepted, refused] = [true, false].map((was) => tally.get(nameOf({ asks, accepted: was })) ?? 0);
  return (accepted ?? 0) / ((accepted ?? 0) + (refused ?? 0));
}
