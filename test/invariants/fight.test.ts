import { toBoolean, toInteger } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { type Platform, startPlatform, type TestApiProcess, waitFor } from '../support/processes';
import { rounds } from '../support/test-environment';
import { createUser } from './support/calls';
import { type Random, seededRandom } from './support/random';

const USERS = 8;
const CALLS_AT_ONCE = 16;
/** In place of the status: the until had passed when a busy machine came to the block, which rightly refused it. */
const CAME_TOO_LATE = 0;
const KNOWN = [200, 201, 202, 204, 403, CAME_TOO_LATE];

jest.setTimeout(rounds(150_000, 3_600_000));

/** Every door at once upon the same users: single calls, batches, jobs and expiry, on two API and two worker processes. */
describe('I3, I5, I6: two of each process fight over the same users', () => {
  let platform: Platform;
  let apis: TestApiProcess[];
  let users: number[];

  beforeAll(async () => {
    platform = await startPlatform();
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
    await Promise.all([platform.startWorker(), platform.startWorker()]);
    const call = apis[0]?.call;
    if (!call) throw new Error('no API runs');
    users = await Promise.all(Array.from({ length: USERS }, async () => (await createUser(call)).id));
  });
  afterAll(() => platform.close());

  it('state, epoch, events and suspensions of each tell one story in the end', async () => {
    const random = seededRandom('a fight');
    const count = rounds(25, 1_500);
    const statuses = new Map<number, number>();
    for (let round = 0; round < count; round++) {
      const calls = Array.from({ length: CALLS_AT_ONCE }, () => anyCall(random));
      for (const status of await Promise.all(calls)) statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    process.stdout.write(`${count} rounds of ${CALLS_AT_ONCE} calls: ${JSON.stringify([...statuses])}\n`);
    expect([...statuses.keys()].filter((status) => !KNOWN.includes(status))).toEqual([]);
    await quiet();
    for (const id of users) expect([id, await contradictions(id)]).toEqual([id, []]);
  });

  async function anyCall(random: Random): Promise<number> {
    const { call } = random.pick(apis);
    const path = `/api/v1/users/${random.pick(users)}`;
    const send = async (method: string, at: string, body?: unknown, contentType?: string) =>
      (await call(method, at, { body, contentType })).status;
    const some = () => [...new Set(Array.from({ length: 4 }, () => random.pick(users)))];
    const action = random.chance(0.5) ? 'block' : 'unblock';
    switch (random.below(9)) {
      case 0:
        return send('PATCH', `${path}/block`, { suspensionReason: String(random.below(3)) });
      case 1: {
        const until = Date.now() + 3_000 + random.below(1_500);
        const status = await send('PATCH', `${path}/block`, { blockedUntil: new Date(until).toISOString() });
        return status === 400 && Date.now() > until ? CAME_TOO_LATE : status;
      }
      case 2:
        return send('PATCH', `${path}/unblock`);
      case 3:
        return send('POST', '/api/v1/suspensions/batch', { action, userIds: some() });
      case 4:
        return send(
          'POST',
          `/api/v1/suspension-jobs?action=${action}`,
          some().join('\n'),
          'application/x-ndjson',
        );
      case 5:
        return send('DELETE', path, { permanent: false });
      case 6:
        return send('POST', `${path}/reactivate`);
      case 7:
        return send('DELETE', `${path}/sessions`);
      default:
        return send('POST', `${path}/sessions`, { clientId: 'web', expiresAt: '2099-12-31T23:59:59Z' });
    }
  }

  /** No job is left and no suspension waits for its end. */
  const quiet = () =>
    waitFor(async () => {
      const { rows } = await platform.database.query(
        sql`SELECT (SELECT COUNT(*) FROM suspension_jobs WHERE finished_at IS NULL) AS jobs,
          (SELECT COUNT(*) FROM users WHERE suspended_until IS NOT NULL) AS untils`,
      );
      return toInteger(rows[0]?.jobs) + toInteger(rows[0]?.untils) === 0 ? true : undefined;
    }, 'the end of all jobs and untils');

  async function contradictions(id: number): Promise<string[]> {
    const { rows } = await platform.database.query(
      sql`SELECT u.suspended, u.event_sequence, u.access_epoch,
        (SELECT COUNT(*) FROM events e WHERE e.user_id = u.id) AS events,
        (SELECT COUNT(DISTINCT e.sequence) FROM events e WHERE e.user_id = u.id) AS sequences,
        (SELECT MAX(e.sequence) FROM events e WHERE e.user_id = u.id) AS last_sequence,
        (SELECT COUNT(*) FROM events e WHERE e.user_id = u.id AND e.type = 'user.blocked') AS told_blocked,
        (SELECT COUNT(*) FROM events e WHERE e.user_id = u.id AND e.type = 'user.unblocked') AS told_unblocked,
        (SELECT COUNT(*) FROM access_revocations a WHERE a.uid = u.uid AND a.sid IS NULL) AS rises,
        (SELECT COUNT(*) FROM suspensions s WHERE s.user_id = u.id) AS suspensions,
        (SELECT COUNT(*) FROM suspensions s WHERE s.open_user_id = u.id) AS open,
        (SELECT COUNT(*) FROM suspensions s WHERE s.user_id = u.id AND s.end_cause IN ('unblocked', 'expired'))
          AS ended
        FROM users u WHERE u.id = ${id}`,
    );
    const [row = {}] = rows;
    const of = (name: string): number => toInteger(row[name]);
    const told: [string, boolean][] = [
      ['each event has a sequence number of its own, without a gap', of('events') === of('sequences')],
      ['the last event has the last number', of('last_sequence') === of('event_sequence')],
      ['and there are as many', of('events') === of('event_sequence')],
      ['each rise of the epoch is in the feed, once', of('rises') === of('access_epoch') - 1],
      ['each suspension was told', of('told_blocked') === of('suspensions')],
      ['each end was told, once', of('told_unblocked') === of('ended')],
      ['the open suspension is that of the user', of('open') === Number(toBoolean(row.suspended))],
    ];
    return told.filter(([, holds]) => !holds).map(([what]) => what);
  }
});
