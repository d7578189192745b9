import { toInteger, toText, toUuid } from '../../src/database/decode';
import type { Row } from '../../src/database/engines/engine';
import { sql, type Statement } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { done, change, newSession, newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';

const PUSH = newUuid();
const POLL = newUuid();
const LOGOUT = newUuid();

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi();
  const now = new Date();
  for (const [id, method] of [
    [PUSH, 'push'],
    [POLL, 'poll'],
  ] as const)
    await write(sql`INSERT INTO security_event_streams (id, client_id, method, endpoint_url, status, version, created_at)
      VALUES (${new Uuid(id)}, ${method}, ${method}, 'https://receiver.example/', 'enabled', 1, ${now})`);
  await write(sql`INSERT INTO logout_clients (id, client_id, logout_uri, session_required, enabled, version, created_at)
    VALUES (${new Uuid(LOGOUT)}, 'shop', 'https://shop.example/logout', FALSE, TRUE, 1, ${now})`);
});
afterAll(() => api.close());

const write = (statement: Statement) => api.services.database.query(statement);

interface Told {
  id: string;
  type: string;
  sequence: number;
  data: Record<string, unknown>;
  /** Channel and state of each delivery. */
  deliveries: string[];
}

/** What was told of a user, in the order of the sequence. */
async function toldOf(userId: number): Promise<Told[]> {
  const { rows: events } = await write(
    sql`SELECT id, type, sequence, payload FROM events WHERE user_id = ${userId} ORDER BY sequence`,
  );
  const { rows: deliveries } = await write(
    sql`SELECT event_id, channel, target, state FROM deliveries WHERE user_id = ${userId} ORDER BY channel, state`,
  );
  const deliveriesOf = (event: Row) =>
    deliveries
      .filter((delivery) => toUuid(delivery.event_id) === toUuid(event.id))
      .map(({ channel, state }) => `${toText(channel)} ${toText(state)}`);
  return events.map((event) => ({
    id: toUuid(event.id),
    type: toText(event.type),
    sequence: toInteger(event.sequence),
    data: (JSON.parse(toText(event.payload)) as { data: Record<string, unknown> }).data,
    deliveries: deliveriesOf(event),
  }));
}

const STREAMS = ['security_event held', 'security_event pending'];
const ALL = ['logout pending', ...STREAMS];

const path = (id: number, rest: string) => `/api/v1/users/${id}${rest}`;

describe('I4: whoever enforces the end of access is told of it, asked or not', () => {
  it.each<[string, (id: number) => Promise<unknown>, string[]]>([
    ['a block', (id) => change(api, 'block', id), ['user.blocked', 'sessions.revoked']],
    ['an unblock of nobody', (id) => change(api, 'unblock', id), ['sessions.revoked']],
    ['a deactivation', (id) => done(api, 'DELETE', path(id, '')), ['user.deactivated', 'sessions.revoked']],
    [
      'an anonymisation',
      (id) => done(api, 'PUT', path(id, '/personal-data')),
      ['user.deactivated', 'sessions.revoked'],
    ],
    ['the end of all sessions', (id) => done(api, 'DELETE', path(id, '/sessions')), ['sessions.revoked']],
    [
      'a fence',
      (id) => api.call('POST', '/api/v1/access/fence', { body: { afterUserId: id - 1, limit: 1 } }),
      ['sessions.revoked'],
    ],
  ])('%s', async (_name, end, types) => {
    const { id } = await newUser(api);
    await newSession(api, id, { clientId: 'shop' });
    await end(id);
    const told = await toldOf(id);
    expect(told.map(({ type }) => type)).toEqual(types);
    expect(told.map(({ sequence }) => sequence)).toEqual(types.map((_, index) => index + 1));
    const access = told.at(-1);
    expect(access).toMatchObject({ deliveries: ALL, data: { session: null } });
    expect(access?.data.causedBy).toBe(types.length > 1 ? told[0]?.id : null);
    // The stream hears of the change itself besides; a logout client of the end of access alone.
    if (types.length > 1) expect(told[0]?.deliveries).toEqual(STREAMS);
  });

  it('the end of one session, where its client is told and no other', async () => {
    const { id } = await newUser(api);
    const [shop, web] = [
      await newSession(api, id, { clientId: 'shop' }),
      await newSession(api, id, { clientId: 'web' }),
    ];
    for (const { sessionId } of [web, shop]) await done(api, 'DELETE', `/api/v1/sessions/${sessionId}`);
    const told = await toldOf(id);
    expect(told.map(({ type, deliveries }) => [type, deliveries])).toEqual([
      ['session.revoked', STREAMS],
      ['session.revoked', ALL],
    ]);
    expect(told[1]?.data.session).toEqual({ sid: shop.sessionId, clientId: 'shop' });
  });

  it('an erasure, with the words that name her', async () => {
    const { id, uid } = await newUser(api);
    await newSession(api, id, { clientId: 'shop' });
    await done(api, 'DELETE', path(id, ''), { permanent: true });
    const told = await toldOf(id);
    expect(told.map(({ type, deliveries }) => [type, deliveries])).toEqual([
      ['user.deleted', STREAMS],
      ['sessions.revoked', ALL],
    ]);
    expect(told[1]?.data).toMatchObject({ uid, cause: 'erase', causedBy: told[0]?.id });
  });

  it('no stream is told that an account is open which stays shut for another reason (I5)', async () => {
    const { id } = await newUser(api);
    await change(api, 'block', id);
    await done(api, 'DELETE', path(id, ''));
    await done(api, 'POST', path(id, '/reactivate'));
    const reopened = async () => (await toldOf(id)).filter(({ type }) => /unblocked|reactivated/.test(type));
    // She is suspended still; that her access was ended once more is told.
    expect((await reopened()).map(({ deliveries }) => deliveries)).toEqual([[]]);
    expect((await toldOf(id)).at(-1)).toMatchObject({ type: 'sessions.revoked', deliveries: STREAMS });
    await change(api, 'unblock', id);
    expect((await reopened()).at(-1)).toMatchObject({ type: 'user.unblocked', deliveries: STREAMS });

    await change(api, 'block', id);
    await done(api, 'DELETE', path(id, ''));
    await change(api, 'unblock', id);
    expect((await reopened()).at(-1)).toMatchObject({ type: 'user.unblocked', deliveries: [] });
    await done(api, 'POST', path(id, '/reactivate'));
    expect((await reopened()).at(-1)).toMatchObject({ type: 'user.reactivated', deliveries: STREAMS });
  });

  it('a logout client does not hear of a user who is not signed in there (I7)', async () => {
    const { id } = await newUser(api);
    await newSession(api, id, { clientId: 'web' });
    await change(api, 'block', id);
    expect((await toldOf(id)).at(-1)).toMatchObject({ type: 'sessions.revoked', deliveries: STREAMS });
  });

  it('a stream does not hear of a user whom it has excluded, and is told nothing once it is disabled', async () => {
    const { id } = await newUser(api);
    await write(sql`INSERT INTO security_event_exclusions (stream_id, user_id, excluded_at)
      VALUES (${new Uuid(POLL)}, ${id}, ${new Date()})`);
    await change(api, 'block', id);
    expect((await toldOf(id)).map(({ deliveries }) => deliveries)).toEqual([
      ['security_event pending'],
      ['security_event pending'],
    ]);
    await write(sql`UPDATE security_event_streams SET status = 'disabled' WHERE id = ${new Uuid(PUSH)}`);
    await change(api, 'unblock', id);
    await write(sql`UPDATE security_event_streams SET status = 'enabled' WHERE id = ${new Uuid(PUSH)}`);
    // Nobody is left who has to hear of either: no event, and the sequence goes on without a hole.
    expect(await toldOf(id)).toHaveLength(3);
    await change(api, 'block', id);
    expect((await toldOf(id)).map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5]);
  });
});
