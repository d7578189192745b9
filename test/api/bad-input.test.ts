import { sharedContractCheck } from '../support/contract-check';
import { startTestApi, type TestApi } from '../support/test-api';
import { FAR_FUTURE, newEndpoint, newUser, type ProblemBody } from './support/fixtures';
import { refusalsOf, snapshotOf } from './support/tables';

const NUL = '\u0000';
const JSON_TYPE = { 'content-type': 'application/json' };
const session = { clientId: 'web', expiresAt: FAR_FUTURE };
const first = { ...session, user: { uid: 'grace' } };
const endpoint = { url: 'http://127.0.0.1:9/', eventTypes: ['user.blocked'] };

const BLOCK = '/api/v1/users/101/block';
const UNBLOCK = '/api/v1/users/101/unblock';
const USERS = '/api/v1/users';
const USER = '/api/v1/users/101';
const REACTIVATE = '/api/v1/users/101/reactivate';
const PERSONAL_DATA = '/api/v1/users/101/personal-data';
const SESSIONS = '/api/v1/users/101/sessions';
const TOUCH = '/api/v1/sessions/nobody/touch';
const SIGN_INS = '/api/v1/sign-ins';
const USER_BATCH = '/api/v1/users/batch';
const SESSION_BATCH = '/api/v1/sessions/batch';
const FENCE = '/api/v1/access/fence';
const ENDPOINTS = '/api/v1/webhook-endpoints';
const ENDPOINT = `${ENDPOINTS}/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d`;
const WITH_BODY = [
  ['PATCH', BLOCK],
  ['PATCH', UNBLOCK],
  ['POST', USERS],
  ['PATCH', USER],
  ['DELETE', USER],
  ['POST', REACTIVATE],
  ['PUT', PERSONAL_DATA],
  ['POST', SESSIONS],
  ['POST', TOUCH],
  ['POST', SIGN_INS],
  ['POST', USER_BATCH],
  ['POST', SESSION_BATCH],
  ['POST', FENCE],
  ['POST', ENDPOINTS],
  ['PATCH', ENDPOINT],
  ['POST', `${ENDPOINT}/rotate-secret`],
] as const;
/** What a body must hold. */
const COMPLETE: Record<string, object> = {
  [SESSIONS]: session,
  [SIGN_INS]: first,
  [ENDPOINTS]: endpoint,
  [USER_BATCH]: { users: [{}] },
  [SESSION_BATCH]: { sessions: [{ ...session, sessionId: 'a', userId: 101 }] },
};
const AUDIT = '/api/v1/audit-records';
const LISTS = [USERS, SESSIONS, '/api/v1/users/101/deliveries', ENDPOINTS, AUDIT];

const importing = (more: object) => ({ sessions: [{ ...session, sessionId: 'a', userId: 101, ...more }] });

describe('I8: bad input is refused by name, and the whole database stays as it was', () => {
  let api: TestApi;
  let before: Record<string, string[]>;
  const contract = sharedContractCheck();

  beforeAll(async () => {
    api = await startTestApi();
    await newUser(api, { id: 101, email: 'ada@example.com' });
    await newEndpoint(api);
    before = await snapshotOf(api.services.database);
  });
  afterAll(() => api.close());

  /** Sends exactly these bytes. */
  async function refused(
    method: string,
    path: string,
    pointer: string,
    { body, headers = JSON_TYPE, status = 400 }: Sent = {},
  ) {
    const authorization = `Bearer ${await api.issuer.tokenFor('admin')}`;
    const refusedBefore = (await refusalsOf(api.services.database)).length;
    const response = await fetch(`${api.url}${path}`, {
      method,
      headers: { authorization, ...headers },
      body,
    });
    const problem = (await response.json()) as ProblemBody;
    expect([response.status, problem.status]).toEqual([status, status]);
    contract.check(method, path, response.status, response.headers.get('content-type'), problem);
    if (pointer !== '') expect(problem.errors?.map((error) => error.pointer)).toContain(pointer);
    expect(await snapshotOf(api.services.database)).toEqual(before);
    const recorded = (await refusalsOf(api.services.database)).slice(refusedBefore).map(({ code }) => code);
    // A read, and the question whether a session lives, change nothing.
    const changes = method !== 'GET' && !path.endsWith('/touch');
    expect(recorded).toEqual(changes ? [problem.code] : []);
  }
  interface Sent {
    body?: string | Buffer;
    headers?: Record<string, string>;
    status?: number;
  }

  describe.each(['0', '-1', '1.5', 'abc', '9223372036854775808', '9007199254740992', '%00', '1%27--'])(
    'the user id %s',
    (id) => {
      it.each([
        ['PATCH', 'block'],
        ['PATCH', 'unblock'],
        ['GET', ''],
        ['PATCH', ''],
        ['DELETE', ''],
        ['POST', 'reactivate'],
        ['PUT', 'personal-data'],
        ['GET', 'sessions'],
        ['POST', 'sessions'],
        ['DELETE', 'sessions'],
        ['GET', 'deliveries'],
      ])('%s %s', async (method, rest) => {
        const sent = JSON.stringify(rest === 'sessions' ? session : {});
        const body = ['GET', 'DELETE'].includes(method) ? undefined : sent;
        await refused(method, `/api/v1/users/${id}${rest && `/${rest}`}`, '/path/userId', { body });
      });
    },
  );

  describe.each(WITH_BODY)('%s %s', (method, path) => {
    it.each(['{', '{"a":', '{"a":1}}', `{"a":"${NUL}"}`, '[]', '[{}]', 'null', '"text"', '7', 'true'])(
      'the body %j',
      (body) => refused(method, path, '/body', { body }),
    );

    it('an unknown field, beside everything that is right', async () => {
      const known = COMPLETE[path] ?? {};
      await refused(method, path, '/body/extra', { body: JSON.stringify({ ...known, extra: 1 }) });
    });

    it('a body without a content type', async () => {
      const sent = { body: Buffer.from('{}'), headers: {}, status: 415 };
      await refused(method, path, '/headers/content-type', sent);
    });

    it('10 MB', async () => {
      const body = JSON.stringify({ suspensionReason: 'x'.repeat(10 * 1024 * 1024) });
      await refused(method, path, '', { body, status: 413 });
    });
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['PATCH', BLOCK, { triggerWebhook: 1 }, '/body/triggerWebhook'],
    ['PATCH', BLOCK, { notifyUserViaEmail: 'true' }, '/body/notifyUserViaEmail'],
    ['PATCH', BLOCK, { suspensionReason: 'x'.repeat(251) }, '/body/suspensionReason'],
    ['PATCH', BLOCK, { suspensionReason: `a${NUL}` }, '/body/suspensionReason'],
    ['PATCH', BLOCK, { suspensionReason: null }, '/body/suspensionReason'],
    ['PATCH', BLOCK, { blockedByUserId: -1 }, '/body/blockedByUserId'],
    ['PATCH', BLOCK, { blockedByUserId: 1.5 }, '/body/blockedByUserId'],
    ['PATCH', BLOCK, { blockedByUserId: 2 ** 53 }, '/body/blockedByUserId'],
    ['PATCH', BLOCK, { blockedByUserId: 2 ** 63 }, '/body/blockedByUserId'],
    ['PATCH', UNBLOCK, { triggerWebhook: null }, '/body/triggerWebhook'],
    ['PATCH', UNBLOCK, { unblockedByUserId: 'abc' }, '/body/unblockedByUserId'],
    ['PATCH', UNBLOCK, { unblockedByUserId: 2 ** 63 }, '/body/unblockedByUserId'],
    ['POST', USERS, { id: 0 }, '/body/id'],
    ['POST', USERS, { id: -1 }, '/body/id'],
    ['POST', USERS, { id: 1.5 }, '/body/id'],
    ['POST', USERS, { id: 2 ** 53 }, '/body/id'],
    ['POST', USERS, { id: '7' }, '/body/id'],
    ['POST', USERS, { uid: '' }, '/body/uid'],
    ['POST', USERS, { uid: NUL }, '/body/uid'],
    ['POST', USERS, { uid: 'x'.repeat(101) }, '/body/uid'],
    ['POST', USERS, { email: 'x'.repeat(320) + '@example.com' }, '/body/email'],
    ['POST', USERS, { firstName: ['Ada'] }, '/body/firstName'],
    ['POST', USERS, { lastName: `Ada${NUL}` }, '/body/lastName'],
    ['POST', USERS, { locale: 7 }, '/body/locale'],
    ['PATCH', USER, { id: 102 }, '/body/id'],
    ['PATCH', USER, { uid: 'eve' }, '/body/uid'],
    ['PATCH', USER, { email: 'ada@example.com@' }, '/body/email'],
    ['PATCH', USER, { firstName: `Ada${NUL}` }, '/body/firstName'],
    ['PATCH', USER, { lastName: 'x'.repeat(101) }, '/body/lastName'],
    ['PATCH', USER, { locale: 'not a locale' }, '/body/locale'],
    ['PATCH', USER, { protected: null }, '/body/protected'],
    ['PATCH', USER, { status: 'active' }, '/body/status'],
    ['DELETE', USER, { permanent: 'true' }, '/body/permanent'],
    ['DELETE', USER, { permanent: 1 }, '/body/permanent'],
    ['DELETE', USER, { permanent: true, triggerWebhook: 'yes' }, '/body/triggerWebhook'],
    ['POST', REACTIVATE, { notifyUserViaEmail: null }, '/body/notifyUserViaEmail'],
    ['PUT', PERSONAL_DATA, { triggerWebhook: [] }, '/body/triggerWebhook'],
    ['POST', SESSIONS, { ...session, clientId: NUL }, '/body/clientId'],
    ['POST', SESSIONS, { ...session, clientId: {} }, '/body/clientId'],
    ['POST', SESSIONS, { ...session, sessionId: NUL }, '/body/sessionId'],
    ['POST', SESSIONS, { ...session, expiresAt: '2026-02-30T00:00:00Z' }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, expiresAt: '9999-12-31T23:59:59Z' }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, expiresAt: '2101-01-01T00:00:00Z' }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, expiresAt: '2020-01-01T00:00:00Z' }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, expiresAt: '0000-00-00T00:00:00Z' }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, expiresAt: '2099-12-31' }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, expiresAt: 4_102_444_799 }, '/body/expiresAt'],
    ['POST', SESSIONS, { ...session, idleTimeout: 0 }, '/body/idleTimeout'],
    ['POST', SESSIONS, { ...session, idleTimeout: 1.5 }, '/body/idleTimeout'],
    ['POST', SESSIONS, { ...session, idleTimeout: 31_536_001 }, '/body/idleTimeout'],
    ['POST', SESSIONS, { ...session, device: `a${NUL}` }, '/body/device'],
    ['POST', SESSIONS, { ...session, device: 'x'.repeat(256) }, '/body/device'],
    ['POST', SESSIONS, { ...session, address: '1.2.3' }, '/body/address'],
    ['POST', SESSIONS, { ...session, address: NUL }, '/body/address'],
    ['POST', TOUCH, { device: '' }, '/body/device'],
    ['POST', TOUCH, { address: '::1%lo' }, '/body/address'],
    ['POST', TOUCH, { address: '999.1.1.1' }, '/body/address'],
    ['POST', SIGN_INS, session, '/body/user'],
    ['POST', SIGN_INS, { ...first, user: {} }, '/body/user/uid'],
    ['POST', SIGN_INS, { ...first, user: { uid: `g${NUL}` } }, '/body/user/uid'],
    ['POST', SIGN_INS, { ...first, user: { uid: 'x'.repeat(101) } }, '/body/user/uid'],
    ['POST', SIGN_INS, { ...first, user: { uid: 'grace', id: 2 ** 53 } }, '/body/user/id'],
    ['POST', SIGN_INS, { ...first, user: { uid: 'grace', email: 'grace' } }, '/body/user/email'],
    ['POST', SIGN_INS, { ...first, user: { uid: 'grace', status: 'active' } }, '/body/user/status'],
    ['POST', SIGN_INS, { ...first, sessionId: 'a b' }, '/body/sessionId'],
    ['POST', SIGN_INS, { ...first, expiresAt: '2020-01-01T00:00:00Z' }, '/body/expiresAt'],
    ['POST', SIGN_INS, { ...first, expiresAt: '9999-12-31T23:59:59Z' }, '/body/expiresAt'],
    ['POST', USER_BATCH, {}, '/body/users'],
    ['POST', USER_BATCH, { users: [] }, '/body/users'],
    ['POST', USER_BATCH, { users: Array(1_001).fill({}) }, '/body/users'],
    ['POST', USER_BATCH, { users: [{}, { id: 0 }] }, '/body/users/1/id'],
    ['POST', USER_BATCH, { users: [{}, { uid: NUL }] }, '/body/users/1/uid'],
    ['POST', USER_BATCH, { users: [{ id: 7 }, { email: 'ada' }] }, '/body/users/1/email'],
    ['POST', USER_BATCH, { users: [{ id: 7, extra: 1 }] }, '/body/users/0/extra'],
    ['POST', SESSION_BATCH, { sessions: [] }, '/body/sessions'],
    ['POST', SESSION_BATCH, { sessions: [{ ...session, userId: 101 }] }, '/body/sessions/0/sessionId'],
    ['POST', SESSION_BATCH, importing({ userId: 0 }), '/body/sessions/0/userId'],
    ['POST', SESSION_BATCH, importing({ sessionId: 'a b' }), '/body/sessions/0/sessionId'],
    ['POST', SESSION_BATCH, importing({ expiresAt: '2026-02-30T00:00:00Z' }), '/body/sessions/0/expiresAt'],
    ['POST', SESSION_BATCH, importing({ expiresAt: '2101-01-01T00:00:00Z' }), '/body/sessions/0/expiresAt'],
    ['POST', SESSION_BATCH, importing({ address: '1.2.3' }), '/body/sessions/0/address'],
    ['POST', FENCE, { afterUserId: -1 }, '/body/afterUserId'],
    ['POST', FENCE, { afterUserId: 2 ** 53 }, '/body/afterUserId'],
    ['POST', FENCE, { limit: 0 }, '/body/limit'],
    ['POST', FENCE, { limit: 5_001 }, '/body/limit'],
    ['POST', ENDPOINTS, { ...endpoint, url: `http://127.0.0.1/${NUL}` }, '/body/url'],
    ['POST', ENDPOINTS, { ...endpoint, url: 'javascript:alert(1)' }, '/body/url'],
    ['POST', ENDPOINTS, { ...endpoint, url: 7 }, '/body/url'],
    ['POST', ENDPOINTS, { ...endpoint, eventTypes: ['user.blocked', 7] }, '/body/eventTypes/1'],
    ['POST', ENDPOINTS, { ...endpoint, eventTypes: 'user.blocked' }, '/body/eventTypes'],
    ['POST', ENDPOINTS, { ...endpoint, description: NUL }, '/body/description'],
  ])('%s %s %j names %s', (method, path, body, pointer) =>
    refused(method, path, pointer, { body: JSON.stringify(body) }),
  );

  describe.each(LISTS)('GET %s', (path) => {
    const cursorOf = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
    it.each([
      ['limit=0', '/query/limit'],
      ['limit=201', '/query/limit'],
      ['limit=abc', '/query/limit'],
      ['limit=-1', '/query/limit'],
      ['limit=1&limit=2', '/query/limit'],
      ['unknown=1', '/query/unknown'],
      ['cursor=', '/query/cursor'],
      ['cursor=abc', '/query/cursor'],
      ['cursor=%00', '/query/cursor'],
      [`cursor=${cursorOf([])}`, '/query/cursor'],
      [`cursor=${cursorOf(['x', '101'])}`, '/query/cursor'],
      [`cursor=${cursorOf([1e20, '101'])}`, '/query/cursor'],
      [`cursor=${cursorOf([Date.UTC(9999, 0), '101'])}`, '/query/cursor'],
      [`cursor=${cursorOf([0, ''])}`, '/query/cursor'],
      [`cursor=${cursorOf([0, `1${NUL}`])}`, '/query/cursor'],
      [`cursor=${cursorOf([0, { a: 1 }])}`, '/query/cursor'],
    ])('?%s', (query, pointer) => refused('GET', `${path}?${query}`, pointer));
  });

  it.each([
    'status=blocked',
    'status=',
    'email=ada',
    'uid=',
    'uid=%00',
    'uid=a&uid=b',
    `uid=${'x'.repeat(101)}`,
    'pageSize=201',
    'pageSize=',
    'pageSize=1e3',
    'pageSize=-9007199254740992',
    'offset=9007199254740992',
    'offset=0.5',
    'offset=1&offset=2',
  ])(`GET ${USERS}?%s`, (query) => refused('GET', `${USERS}?${query}`, `/query/${query.split('=')[0]}`));

  it.each([
    ['GET', '/api/v1/sessions/%00', '/path/sessionId'],
    ['DELETE', '/api/v1/sessions/a%20b', '/path/sessionId'],
    ['POST', '/api/v1/sessions/a%20b/touch', '/path/sessionId'],
    ['DELETE', `/api/v1/sessions/${'x'.repeat(256)}`, '/path/sessionId'],
    ['GET', `${ENDPOINTS}/7`, '/path/endpointId'],
    ['DELETE', `${ENDPOINTS}/%00`, '/path/endpointId'],
    ['DELETE', `${ENDPOINTS}/01a1fdda889f71aeb8f9ea0d6e52af4d`, '/path/endpointId'],
  ])('%s %s', (method, path, pointer) => refused(method, path, pointer));

  it('the id 9007199254740991 is one, of nobody', async () => {
    const { status } = await api.call('PATCH', '/api/v1/users/9007199254740991/block');
    expect(status).toBe(404);
  });
});
