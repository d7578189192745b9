import { decodeJwt } from 'jose';
import { toText, toUuid } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { addAll, blockListOf } from '../api/support/block-lists';
import {
  change,
  done,
  newEndpoint,
  newLogoutClient,
  newSession,
  newUser,
  type ProblemBody,
} from '../api/support/fixtures';
import { newStream } from '../api/support/streams';
import { emptyTables, refusalsOf, rowsOf, snapshotOf, trailOf } from '../api/support/tables';
import { createMakeAttempt, type Send, senderOf } from '../events/make-attempt';
import { startTestApi, type TestApi } from '../support/test-api';
import { rounds } from '../support/test-environment';

const EVE = { uid: 'uid-of-eve', email: 'Eve.Adams@example.org', firstName: 'Evelina', lastName: 'Adamsova' };
const REASON = 'Chargeback of 400 euros';
const HER_DATA = new RegExp(`eve\\.adams|${EVE.firstName}|${EVE.lastName}|${REASON}`, 'i');

interface SecurityEvent {
  events: object;
}

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
});
beforeEach(async () => {
  await emptyTables(api.services.database);
  await newEndpoint(api, ['user.blocked', 'user.unblocked', 'user.deleted']);
});
afterAll(() => api.close());

const database = () => api.services.database;
const told = { triggerWebhook: true, notifyUserViaEmail: true };
const erase = (id: number, flags: object = {}) =>
  done(api, 'DELETE', `/api/v1/users/${id}`, { permanent: true, ...flags });

/** Makes one attempt at each pending delivery over a channel. */
async function attemptAll(channel: string, send: Send): Promise<number> {
  const attempt = createMakeAttempt(database(), senderOf(send));
  const { rows } = await database().query(
    sql`SELECT id, attempts FROM deliveries WHERE state = 'pending' AND channel = ${channel} ORDER BY id`,
  );
  for (const row of rows) await attempt({ deliveryId: toUuid(row.id), attempt: Number(row.attempts) + 1 });
  return rows.length;
}

/** A receiver that answers with what it was sent. */
const echo: Send = ({ event }) =>
  Promise.resolve({
    kind: 'failed',
    statusCode: 500,
    errorKind: null,
    requestHeaders: null,
    error: 'it answered 500',
    response: event.payload,
  });

describe('an erased user', () => {
  it('I7: is in no table any more, but for what has still to be told and cannot be without', async () => {
    const { id } = await newUser(api, EVE);
    await newSession(api, id, { device: `${EVE.firstName}'s phone` });
    await change(api, 'block', id, {
      body: { ...told, suspensionReason: REASON, reasonForUser: REASON, category: 'fraud' },
    });
    await attemptAll('webhook', echo);
    await change(api, 'unblock', id, { body: told });
    await api.call('PATCH', `/api/v1/users/${id}`, { body: { firstName: 'Evelina' } });
    await change(api, 'block', id, { body: { suspensionReason: REASON } });
    expect(JSON.stringify(await snapshotOf(database()))).toMatch(HER_DATA);

    await erase(id, told);
    const content = await snapshotOf(database());
    expect(JSON.stringify(content)).not.toMatch(HER_DATA);
    // The uid: in the event that tells it, and in the feed by which resource servers learn that her tokens are dead.
    const holding = Object.entries(content).flatMap(([table, rows]) =>
      rows.filter((row) => row.includes(EVE.uid)).map((row) => [table, row] as const),
    );
    expect(holding.map(([table]) => table).sort()).toEqual(['access_revocations', 'events']);
    expect(holding.find(([table]) => table === 'events')?.[1]).toContain('user.deleted');
    expect(holding.find(([table]) => table === 'access_revocations')?.[1]).toContain('"erase"');
  });

  it('I4: nothing that was on its way is sent any more, but that she is deleted', async () => {
    const { id } = await newUser(api, EVE);
    await change(api, 'block', id, { body: told });
    await erase(id, told);
    const sent: string[] = [];
    const note: Send = ({ event }) => {
      sent.push(event.type);
      return Promise.resolve({
        kind: 'succeeded',
        statusCode: 204,
        errorKind: null,
        requestHeaders: null,
        error: null,
        response: null,
      });
    };
    await attemptAll('webhook', note);
    await attemptAll('email', note);
    expect(sent).toEqual(['user.deleted', 'user.deleted']);
    const states = (await rowsOf(database(), 'deliveries')).map(({ state }) => state);
    expect(states).toEqual(['cancelled', 'cancelled', 'delivered', 'delivered']);
  });

  it('I1: whose sessions had just ended is logged out all the same, and streams hear of all that happened', async () => {
    const { id, uid } = await newUser(api, EVE);
    const { sessionId } = await newSession(api, id, { clientId: 'shop' });
    await newLogoutClient(api, { clientId: 'shop' });
    const { streamId, token } = await newStream(api);
    await done(api, 'DELETE', `/api/v1/sessions/${sessionId}`);
    await change(api, 'block', id, { body: { suspensionReason: REASON, category: 'fraud' } });
    await erase(id);
    const content = JSON.stringify(await snapshotOf(database()));
    expect(content).not.toMatch(HER_DATA);
    expect(content).not.toContain('fraud');

    const sent: { data: object }[] = [];
    await attemptAll('logout', (delivery, receiver) => {
      sent.push(JSON.parse(delivery.event.payload) as { data: object });
      return echo(delivery, receiver);
    });
    expect(sent.map(({ data }) => data)).toMatchObject([{ uid, session: { sid: sessionId } }]);
    const told: string[] = [];
    for (let ack: string[] = [], last = false; !last;) {
      const { body } = await api.call('POST', `/ssf/streams/${streamId}/poll`, {
        body: { returnImmediately: true, ack },
        token,
      });
      const { sets } = body as { sets: Record<string, string> };
      told.push(...Object.values(sets).flatMap((set) => Object.keys(decodeJwt<SecurityEvent>(set).events)));
      ack = Object.keys(sets);
      last = ack.length === 0;
    }
    const names = told.map((uri) => uri.split('/').at(-1) ?? '');
    expect(names.slice(0, 1)).toEqual(['session-revoked']);
    expect(names.slice(1, 3).sort()).toEqual(['account-disabled', 'session-revoked']);
    expect(names.slice(3).sort()).toEqual(['account-purged', 'session-revoked']);
  });

  it('I7: an attempt under way while she is erased leaves none of her data behind', async () => {
    const { id } = await newUser(api, EVE);
    await change(api, 'block', id, { body: { triggerWebhook: true, suspensionReason: REASON } });
    const attempted = await attemptAll('webhook', async (delivery) => {
      await erase(id);
      return echo(delivery, undefined);
    });
    expect(attempted).toBe(1);
    expect(await rowsOf(database(), 'deliveries')).toMatchObject([{ state: 'cancelled', attempts: 1 }]);
    expect(await rowsOf(database(), 'delivery_attempts')).toMatchObject([{ error: null, response: null }]);
    expect(JSON.stringify(await snapshotOf(database()))).not.toMatch(HER_DATA);
  });

  it('I7: goes from what others were told of her: whom she has blocked, and who has blocked her', async () => {
    const [eve, bob] = [await newUser(api, EVE), await newUser(api)];
    await newEndpoint(api, ['block_list.*']);
    await addAll(api, eve.id, [bob.id]);
    await addAll(api, bob.id, [eve.id]);
    await attemptAll('webhook', echo);
    await done(api, 'DELETE', `${blockListOf(bob.id)}/${eve.id}`);
    const holding = async () =>
      Object.entries(await snapshotOf(database())).flatMap(([table, rows]) =>
        rows.filter((row) => row.includes(EVE.uid)).map(() => table),
      );
    expect(new Set(await holding())).toEqual(new Set(['users', 'events', 'delivery_attempts']));
    await addAll(api, bob.id, [eve.id]);
    await erase(eve.id);
    // Of `user.deleted` itself, and of the feed for resource servers.
    expect((await holding()).sort()).toEqual(['access_revocations', 'events']);
    expect(await rowsOf(database(), 'block_list_entries')).toEqual([]);
    const states = (await rowsOf(database(), 'deliveries')).map(({ state }) => state);
    expect(states).toEqual(['cancelled', 'cancelled', 'cancelled', 'cancelled']);
  });

  it('I7: leaves audit records whose values that identified her are gone', async () => {
    const { id } = await newUser(api, EVE);
    await api.call('PATCH', `/api/v1/users/${id}`, { body: { lastName: 'Other' } });
    await api.call('PATCH', `/api/v1/users/${id}/block`, { body: { suspensionReason: REASON } });
    await erase(id);
    const trail = await trailOf(database(), id);
    expect(trail).toEqual([
      ['user.create', 'detached'],
      ['user.update', 'detached'],
      ['user.block', 'detached'],
      ['user.erase', 'kept'],
    ]);
  });

  it('I7: leaves no uid in the audit trail, though she was refused with a token of her own', async () => {
    const { id } = await newUser(api, EVE);
    const { id: bob } = await newUser(api);
    const token = await api.issuer.sign({ sub: EVE.uid, client_id: 'client-7', scope: 'users:block' });
    for (const target of [bob, id]) {
      expect((await api.call('PATCH', `/api/v1/users/${target}/block`, { token })).status).toBe(403);
    }
    const actors = (await refusalsOf(database())).map(({ actor }) => toText(actor));
    expect(actors).toEqual([expect.stringMatching(/^user:[A-Za-z0-9_-]{43}$/), actors[0]]);
    const inAudit = async () => JSON.stringify([await rowsOf(database(), 'audit_records'), await shown()]);
    const shown = async () => {
      const answers = ['', `?actor=${actors[0]}`, `?userId=${bob}`].map((query) =>
        api.call('GET', `/api/v1/audit-records${query}`),
      );
      return (await Promise.all(answers)).map(({ body }) => (body as { items: unknown[] }).items);
    };
    const [all, hers] = await shown();
    expect([all?.length, hers?.length]).toEqual([5, 2]);
    await erase(id);
    expect(await inAudit()).not.toContain(EVE.uid);
    expect(await inAudit()).toContain(actors[0]);
    // Nor does the hash in her tombstone tell whose attempts they were.
    const [tombstone] = await rowsOf(database(), 'user_tombstones');
    expect(`user:${toText(tombstone?.uid_hash)}`).not.toBe(actors[0]);
  });

  it('I7: takes the answers with it that were kept for repeats', async () => {
    const headers = { 'idempotency-key': 'the creation of Eve' };
    const create = () => api.call('POST', '/api/v1/users', { body: EVE, headers });
    const { id } = (await create()).body as { id: number };
    await api.call('PATCH', `/api/v1/users/${id}`, {
      body: { lastName: 'Other' },
      headers: { 'idempotency-key': 'her marriage' },
    });
    await erase(id);
    const kept = await rowsOf(database(), 'idempotency_keys');
    expect(kept.map(({ answer, user_id }) => [answer, user_id])).toEqual([
      [null, null],
      [null, null],
    ]);
    // Nor is she made anew by a repeat.
    expect(((await create()).body as ProblemBody).code).toBe('idempotency.answer_erased');
  });

  it('leaves other users as they are', async () => {
    const [eve, bob] = [await newUser(api, EVE), await newUser(api, { email: 'bob@example.org' })];
    for (const { id } of [eve, bob]) {
      await newSession(api, id);
      await change(api, 'block', id, { body: { ...told, suspensionReason: REASON } });
    }
    await attemptAll('webhook', echo);
    const his = async () =>
      Object.values(await snapshotOf(database()))
        .flat()
        .filter((row) => row.includes(String(bob.id)) || row.includes(bob.uid));
    const before = await his();
    await erase(eve.id);
    expect(await his()).toEqual(before);
    const answers = (await rowsOf(database(), 'delivery_attempts')).map(({ response }) => response !== null);
    expect(answers.sort()).toEqual([false, true]);
  });

  it('leaves a tombstone with her last epoch and sequence, and no uid to be read back', async () => {
    const { id } = await newUser(api, EVE);
    await change(api, 'block', id);
    await erase(id);
    const [tombstone] = await rowsOf(database(), 'user_tombstones');
    expect([tombstone?.user_id, tombstone?.access_epoch, tombstone?.event_sequence].map(Number)).toEqual([
      id,
      3,
      2,
    ]);
    expect(toText(tombstone?.uid_hash)).toMatch(/^[A-Za-z0-9_-]{43}$/);
  });
});

describe('I2: what was hers never comes again', () => {
  it.each([
    ['id', { id: 77 }],
    ['uid', { uid: EVE.uid }],
    ['id', { id: 77, uid: EVE.uid }],
  ])('409: her %s is refused by name, and no row is left', async (field, body) => {
    await newUser(api, { ...EVE, id: 77 });
    await erase(77);
    const before = await snapshotOf(database());
    const answer = await api.call('POST', '/api/v1/users', { body });
    const problem: ProblemBody = answer.body;
    expect([answer.status, problem.code, problem.errors?.[0]?.pointer]).toEqual([
      409,
      'user.retired',
      `/body/${field}`,
    ]);
    expect(await snapshotOf(database())).toEqual(before);
  });

  it('a uid is hers byte by byte: another spelling is another user', async () => {
    await newUser(api, { ...EVE, id: 77 });
    await erase(77);
    expect(await newUser(api, { uid: EVE.uid.toUpperCase() })).toMatchObject({ accessEpoch: 1 });
  });

  it('generated ids step over hers', async () => {
    const first = (await newUser(api)).id + 1;
    await newUser(api, { id: first });
    await newUser(api, { id: first + 2 });
    await erase(first);
    await erase(first + 2);
    expect([(await newUser(api)).id, (await newUser(api)).id]).toEqual([first + 1, first + 3]);
  });

  it('her session ids are accepted for nobody', async () => {
    const { id } = await newUser(api, EVE);
    await newSession(api, id, { sessionId: 'hers' });
    await erase(id);
    const { id: bob } = await newUser(api);
    await expect(newSession(api, bob, { sessionId: 'hers' })).rejects.toThrow('session.id_used');
  });

  it('whoever creates her while she is erased never gets her id or uid', async () => {
    let refusedAsTaken = 0;
    for (let round = 0; round < rounds(25, 500); round++) {
      const given = { id: 1_000 + round, uid: `uid-${round}` };
      await newUser(api, given);
      const creations = () =>
        [{ id: given.id }, { uid: given.uid }].map((body) => api.call('POST', '/api/v1/users', { body }));
      const [first, , second] = await Promise.all([
        Promise.all(creations()),
        erase(given.id),
        Promise.all(creations()),
      ]);
      for (const { status, body } of [...first, ...second]) {
        expect(status).toBe(409);
        const { code } = body as ProblemBody;
        expect(['user.id_taken', 'user.uid_taken', 'user.retired']).toContain(code);
        if (code !== 'user.retired') refusedAsTaken++;
      }
    }
    expect(await rowsOf(database(), 'users')).toEqual([]);
    // Had all come after, or all before, nobody would have met the erasure.
    process.stdout.write(`${refusedAsTaken} creations met the user, the others her tombstone\n`);
  });
});
