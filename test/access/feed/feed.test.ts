import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import { SETTLED_MS } from '../../../src/access/feed/revocation-window';
import { sql, Statement } from '../../../src/database/sql';
import { createApiServices } from '../../../src/services/api';
import { change, newUser } from '../../api/support/fixtures';
import { startTestApi, type TestApi } from '../../support/test-api';
import { waitFor } from '../../support/processes';
import * as calls from './revocation-calls';
import { append, type Revocations, uidsOf } from './revocation-calls';

let api: TestApi;
const query = (statement: Statement) => api.services.database.query(statement);

beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
});
afterEach(() => {
  jest.restoreAllMocks();
  api.clock.shiftMs = 0;
});
afterAll(() => api.close());

const atEnd = (): Promise<string> => calls.atEnd(api);
const poll = (given?: Record<string, string>): Promise<Revocations> => calls.poll(api, given);
const commit = (uid: string): Promise<void> => calls.commit(api, uid);

/** A transaction that has taken its position, and is ended when the test says how. */
async function openTransaction(uid: string) {
  let end: (how: 'commit' | 'rollback') => void = () => undefined;
  const wanted = new Promise<'commit' | 'rollback'>((resolve) => (end = resolve));
  let inserted: () => void = () => undefined;
  const isInserted = new Promise<void>((resolve) => (inserted = resolve));
  const running = api.services.database.transaction(async (tx) => {
    await append(tx, uid);
    await tx.read(sql`SELECT 1`);
    inserted();
    if ((await wanted) === 'rollback') throw new Error('rolled back by the test');
  });
  await Promise.race([isInserted, running]);
  return async (how: 'commit' | 'rollback'): Promise<void> => {
    end(how);
    await running.catch(() => undefined);
  };
}

/** Another API process: its own memory, the same database. */
async function inAnotherProcess<T>(work: () => Promise<T>): Promise<T> {
  const others = await createApiServices(api.config, pino({ level: 'silent' }), api.clock);
  const handlers = api.services.handlers;
  const own = handlers.pollRevocations;
  handlers.pollRevocations = others.handlers.pollRevocations;
  try {
    return await work();
  } finally {
    handlers.pollRevocations = own;
    others.stopWaiting();
    await others.close();
  }
}

describe('I1: nothing is left out, whatever the order of commits', () => {
  it('what is committed late below is told when it is, to who waits and to who comes back', async () => {
    await commit('first');
    const start = await atEnd();
    const end = await openTransaction('late');
    await commit('early');
    const early = await poll({ after: start });
    expect(uidsOf(early)).toEqual(['early']);
    const waiting = poll({ after: early.next, wait: '20' });
    await end('commit');
    const late = await waiting;
    expect(uidsOf(late)).toEqual(['late']);
    expect(uidsOf(await poll({ after: early.next }))).toEqual(['late']);
    expect(uidsOf(await inAnotherProcess(() => poll({ after: early.next })))).toEqual(['late']);
    expect(await poll({ after: late.next })).toMatchObject({ items: [] });
  });

  it('what is rolled back holds nobody up, and is forgotten once it cannot come any more', async () => {
    await commit('first');
    const start = await atEnd();
    const end = await openTransaction('never');
    await commit('kept');
    await end('rollback');
    const { next, items } = await poll({ after: start });
    expect(items).toMatchObject([{ uid: 'kept' }]);
    // The place of what may still come.
    expect(next.split('.')[4]).not.toBe('');
    api.clock.shiftMs = SETTLED_MS + 1_000;
    // One read learns that it is old, the next that nothing came of it.
    let settled = next;
    for (let polls = 0; polls < 3; polls++) ({ next: settled } = await poll({ after: settled }));
    expect(settled.split('.')[4]).toBe('');
  });

  it('a transaction that is older than any is waited for is never committed', async () => {
    const begun = performance.now();
    const late = api.services.database.transaction(async (tx) => {
      await append(tx, 'overdue');
      await tx.read(sql`SELECT 1`);
      jest.spyOn(performance, 'now').mockImplementation(() => begun + 3_600_000);
    });
    await expect(late).rejects.toMatchObject({ code: 'service.busy' });
    jest.restoreAllMocks();
    const { rows } = await query(sql`SELECT uid FROM access_revocations WHERE uid = 'overdue'`);
    expect(rows).toEqual([]);
  });

  it('a gap is kept as long as a statement hangs that may fill it', async () => {
    await commit('first');
    const start = await atEnd();
    const end = await openTransaction('hanging');
    await commit('kept');
    const { next } = await poll({ after: start });
    api.clock.shiftMs = SETTLED_MS + 1_000;
    const { database } = api.services;
    const real = database.query.bind(database);
    jest
      .spyOn(database, 'query')
      .mockImplementation((statement) =>
        statement.text.join('').includes('COUNT(*) AS amount')
          ? Promise.resolve({ rows: [{ amount: 1 }], affected: 0 })
          : real(statement),
      );
    let after = next;
    for (let polls = 0; polls < 3; polls++) ({ next: after } = await poll({ after }));
    expect(after.split('.')[4]).not.toBe('');
    await end('commit');
    expect(uidsOf(await poll({ after }))).toEqual(['hanging']);
  });
});

describe('another history is recognised', () => {
  const call = (after: string, wait = '0') =>
    api.call('GET', `/api/v1/revocations?after=${after}&wait=${wait}`);

  it.each(['this', 'another'])('after a restore, by %s process', async (which) => {
    await query(sql`DELETE FROM access_revocations`);
    for (const uid of ['a', 'b', 'c', 'd']) await commit(uid);
    const next = await atEnd();
    // The backup knows less; then its history goes on.
    await query(sql`DELETE FROM access_revocations WHERE uid IN ('c', 'd')`);
    const check = async () => expect(await call(next, '5')).toMatchObject({ status: 410 });
    await (which === 'this' ? check() : inAnotherProcess(check));
    await query(sql`INSERT INTO access_revocations (position, uid, epoch, cause, revoked_at)
      SELECT position + 2, 'other', 2, 'block', revoked_at FROM access_revocations WHERE uid = 'b'`);
    await query(sql`INSERT INTO access_revocations (position, uid, epoch, cause, revoked_at)
      SELECT position + 3, 'other', 2, 'block', revoked_at FROM access_revocations WHERE uid = 'b'`);
    await (which === 'this' ? check() : inAnotherProcess(check));
    expect(uidsOf(await poll())).toContain('other');
  });

  it('an erasure is none: neither in the middle nor of the newest', async () => {
    const [ada, eve] = [await newUser(api), await newUser(api)];
    await change(api, 'block', eve.id);
    await change(api, 'block', ada.id);
    await change(api, 'block', eve.id);
    const next = await atEnd();
    for (const { id } of [eve, ada]) {
      const path = `/api/v1/users/${id}`;
      expect((await api.call('DELETE', path, { body: { permanent: true } })).status).toBe(204);
    }
    expect(uidsOf(await poll({ after: next }))).toEqual([eve.uid, ada.uid]);
    await inAnotherProcess(async () =>
      expect(uidsOf(await poll({ after: next }))).toEqual([eve.uid, ada.uid]),
    );
  });

  it('retention is none: it takes what is old, and all of it', async () => {
    const long = new Date(Date.now() - 40 * 86_400_000);
    await query(sql`DELETE FROM access_revocations`);
    await commit('old');
    await query(sql`UPDATE access_revocations SET revoked_at = ${long}`);
    await commit('younger');
    const end = await atEnd();
    await query(sql`DELETE FROM access_revocations WHERE uid = 'old'`);
    expect((await poll({ after: end })).items).toEqual([]);
    await query(sql`UPDATE access_revocations SET revoked_at = ${long}`);
    const aged = end.replace(/^([^.]+\.[^.]+\.[^.]+)\.[^.]+/, `$1.${long.getTime().toString(36)}`);
    await query(sql`DELETE FROM access_revocations`);
    expect((await poll({ after: aged })).items).toEqual([]);
    await inAnotherProcess(async () => expect((await poll({ after: aged })).items).toEqual([]));
  });
});

describe('many who wait', () => {
  const WAITING = 50;

  it('cost one or two reads for an end of access, and one a second while nothing happens', async () => {
    await commit('first');
    const next = await atEnd();
    const { database } = api.services;
    const reads = jest.spyOn(database, 'queryPrimary');
    const polls = jest.spyOn(api.services.handlers, 'pollRevocations');
    const waiting = Array.from({ length: WAITING }, () => poll({ after: next, wait: '30' }));
    await waitFor(() => (polls.mock.calls.length === WAITING ? true : undefined), 'all to wait');
    const seen = () => reads.mock.calls.filter(([{ text }]) => text.join('').includes('access_revocations'));
    const quiet = seen().length;
    await waitFor(() => (seen().length > quiet ? true : undefined), 'a read of all who wait');
    const [before, begun] = [seen().length, performance.now()];
    await commit('told');
    expect((await Promise.all(waiting)).map(uidsOf)).toEqual(Array(WAITING).fill(['told']));
    const quietSeconds = Math.floor((performance.now() - begun) / 1000);
    expect(seen().length - before).toBeLessThanOrEqual(2 + quietSeconds);
    reads.mockClear();
    await delay(1_100);
    // Nobody waits, nothing is read.
    expect(seen()).toEqual([]);
  });

  it('hold no connection of the pool', async () => {
    const next = await atEnd();
    const waiting = Array.from({ length: WAITING }, () => poll({ after: next, wait: '20' }));
    const { id } = await newUser(api);
    await change(api, 'block', id);
    expect((await Promise.all(waiting)).every(({ items }) => items.length === 1)).toBe(true);
  });

  it('are let go of when they go away', async () => {
    const next = await atEnd();
    const reads = jest.spyOn(api.services.database, 'queryPrimary');
    const gone = new AbortController();
    const headers = { authorization: `Bearer ${await api.issuer.tokenFor('admin')}` };
    const sent = fetch(`${api.url}/api/v1/revocations?after=${next}&wait=30`, {
      headers,
      signal: gone.signal,
    });
    await waitFor(() => (reads.mock.calls.length > 0 ? true : undefined), 'the wait');
    gone.abort();
    await expect(sent).rejects.toThrow();
    await waitFor(async () => {
      reads.mockClear();
      await delay(1_300);
      return reads.mock.calls.length === 0 ? true : undefined;
    }, 'the end of the reads');
  });
});

describe('a database that does not answer', () => {
  it('is a 503, never an empty answer: for who waits and for who comes', async () => {
    const next = await atEnd();
    const path = `/api/v1/revocations?after=${next}`;
    const waiting = api.call('GET', `${path}&wait=4`);
    await delay(100);
    const { database } = api.services;
    jest.spyOn(database, 'queryPrimary').mockImplementation(() => new Promise(() => undefined));
    const begun = performance.now();
    const answers = await Promise.all([waiting, api.call('GET', path), api.call('GET', `${path}&wait=2`)]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503, 503]);
    expect(performance.now() - begun).toBeLessThan(9_000);
  });
});

// The last: nobody waits any more after it.
describe('a process that stops', () => {
  it('answers who waits at once, and who comes after that', async () => {
    const next = await atEnd();
    const waiting = poll({ after: next, wait: '30' });
    await delay(50);
    const begun = performance.now();
    api.services.stopWaiting();
    expect((await waiting).items).toEqual([]);
    expect((await poll({ after: next, wait: '30' })).items).toEqual([]);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
