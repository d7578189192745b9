import { clientToken, FAR_FUTURE, newUser, userToken } from '../../api/support/fixtures';
import { rowsOf } from '../../api/support/tables';
import { startTestApi, type TestApi } from '../../support/test-api';

describe('a client beyond its limit', () => {
  let api: TestApi;
  let token: string;
  beforeAll(async () => {
    api = await startTestApi({ RATE_LIMIT_DEFAULT: '3', RATE_LIMIT_SESSIONS: '4', LOG_LEVEL: 'silent' });
    await newUser(api, { id: 101 });
    token = await clientToken(api, 'users:read', 'sessions:write');
  });
  afterAll(() => api.close());

  /** The clock stands still, in a second of which nothing has been used. */
  let second = Math.floor(Date.now() / 1000);
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(++second * 1000);
  });
  afterEach(() => jest.restoreAllMocks());
  const read = (more: { token?: string } = {}) => api.call('GET', '/api/v1/users/101', { token, ...more });

  it('429 with Retry-After, and the fields of draft-ietf-httpapi-ratelimit-headers-11 on every answer', async () => {
    const answers = [await read(), await read(), await read(), await read()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('ratelimit'))).toEqual(
      [2, 1, 0, 0].map((remaining) => `"default";r=${remaining};t=1`),
    );
    expect(new Set(answers.map(({ headers }) => headers.get('ratelimit-policy')))).toEqual(
      new Set(['"default";q=3;w=1']),
    );
    expect(answers[3]?.headers.get('retry-after')).toBe('1');
    expect(answers[3]?.body).toMatchObject({ code: 'rate_limit.exceeded' });
    // Another client, and another class of operations.
    expect((await read({ token: await api.issuer.tokenFor('admin') })).status).toBe(200);
    const body = { clientId: 'web', expiresAt: FAR_FUTURE };
    const signIn = await api.call('POST', '/api/v1/users/101/sessions', { token, body });
    expect([signIn.status, signIn.headers.get('ratelimit-policy')]).toEqual([201, '"sessions";q=4;w=1']);
    jest.spyOn(Date, 'now').mockReturnValue(++second * 1000);
    expect((await read()).status).toBe(200);
  });

  it('is refused before its body is read, and a stranger is not counted', async () => {
    const strange = await Promise.all(Array.from({ length: 20 }, () => read({ token: 'a.b.c' })));
    expect(new Set(strange.map(({ status }) => status))).toEqual(new Set([401]));
    expect(strange[0]?.headers.get('ratelimit')).toBeNull();
    const authorization = `Bearer ${await clientToken(api, 'users:read', 'users:write')}`;
    const headers = { 'content-type': 'application/json', authorization };
    await Promise.all([read(), read(), read(), read()]);
    const unreadable = await fetch(`${api.url}/api/v1/users`, { method: 'POST', body: '{', headers });
    expect(unreadable.status).toBe(429);
  });

  it('is refused for attempts that its token does not allow, too, or it could fill the audit trail; its users apart from it', async () => {
    const poor = await userToken(api, 'users:block');
    const attempts: number[] = [];
    for (let sent = 0; sent < 6; sent++) {
      attempts.push((await api.call('PATCH', '/api/v1/users/101/block', { token: poor })).status);
    }
    expect(attempts).toEqual([403, 403, 403, 429, 429, 429]);
    const records = await rowsOf(api.services.database, 'audit_records');
    expect(records.filter(({ code }) => code === 'auth.insufficient_scope')).toHaveLength(3);
  });
});
