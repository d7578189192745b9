import { startTestIssuer, type TestIssuer } from '../support/test-issuer';
import { eventually } from '../events/delivery-fixtures';
import { type Guarded, RESOURCE, seconds, startGuarded, userToken } from './support/guarded';
import { startStubFeed, type StubFeed } from './support/stub-feed';

let issuer: TestIssuer;
let feed: StubFeed;
let guarded: Guarded;
beforeAll(async () => {
  [issuer, feed] = await Promise.all([startTestIssuer(), startStubFeed()]);
  feed.revoke({ uid: 'known-before', epoch: 3 });
  guarded = await startGuarded({ issuerOf: issuer, api: feed.url });
  await guarded.guard.ready();
});
afterAll(async () => {
  await guarded?.close();
  await Promise.all([feed.close(), issuer.close()]);
});

const untilRefused = (token: string) =>
  eventually(async () => {
    const verdict = await guarded.guard.check(token);
    return verdict.active ? null : verdict;
  }, 'the token to be refused');

const past = (offsetSeconds: number) => new Date((seconds() + offsetSeconds) * 1000).toISOString();

describe('a resource server with the guard mounted', () => {
  it('lets a live token through, with its claims on the request', async () => {
    const token = await userToken(issuer, { sid: 's-1', epoch: 1, scope: 'orders:read' });
    const response = await guarded.get(token);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({
      payload: { sub: 'ada', sid: 's-1', epoch: 1, scope: 'orders:read', aud: RESOURCE },
      token,
    });
  });

  it('knows of the backlog what ended before it was started', async () => {
    const token = await userToken(issuer, { sub: 'known-before', epoch: 2 });
    expect(await guarded.guard.check(token)).toEqual({ active: false, reason: 'revoked' });
    expect(
      await guarded.guard.check(await userToken(issuer, { sub: 'known-before', epoch: 3 })),
    ).toMatchObject({
      active: true,
    });
  });

  it('refuses a token that it let through a moment ago, once the feed has told (I1)', async () => {
    const token = await userToken(issuer, { sub: 'grace', epoch: 1 });
    expect((await guarded.get(token)).status).toBe(200);
    feed.revoke({ uid: 'grace', epoch: 2 });
    expect(await untilRefused(token)).toEqual({ active: false, reason: 'revoked' });
    const response = await guarded.get(token);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(await response.json()).toEqual({ type: 'about:blank', title: 'Unauthorized', status: 401 });
    expect((await guarded.get(await userToken(issuer, { sub: 'grace', epoch: 2 }))).status).toBe(200);
  });

  it('ends one session and leaves the others of the same user alive', async () => {
    const [ended, other] = await Promise.all(
      ['joan-1', 'joan-2'].map((sid) => userToken(issuer, { sub: 'joan', sid, epoch: 4 })),
    );
    feed.revoke({ uid: 'joan', sid: 'joan-1', epoch: 4 });
    expect(await untilRefused(ended ?? '')).toEqual({ active: false, reason: 'revoked' });
    expect(await guarded.guard.check(other ?? '')).toMatchObject({ active: true });
  });

  it('judges a token without an epoch by its time, beyond the clock skew', async () => {
    feed.revoke({ uid: 'mary', epoch: 9, revokedAt: past(-60) });
    await untilRefused(await userToken(issuer, { sub: 'mary', epoch: 8 }));
    const issuedAt = async (offset: number) =>
      guarded.guard.check(await userToken(issuer, { sub: 'mary', iat: seconds(offset) }));
    expect(await issuedAt(-62)).toMatchObject({ reason: 'revoked' });
    expect(await issuedAt(-58)).toMatchObject({ reason: 'revoked' });
    expect(await issuedAt(-52)).toMatchObject({ active: true });
  });

  it('takes the claims of a token without epoch and session, whose user nothing ended', async () => {
    expect(await guarded.guard.check(await userToken(issuer, { sub: 'nobody' }))).toMatchObject({
      active: true,
    });
  });

  it('polls as an instance with a lease, waits for a quarter of it, and goes on where it was', async () => {
    const before = feed.polls.length;
    await eventually(() => feed.polls.length > before + 1 || null, 'another poll');
    const last = feed.polls.at(-1);
    expect(last).toMatchObject({ path: '/api/v1/revocations', wait: 1.25, lease: '5000' });
    expect(last?.instance).toMatch(/^[!-~]{1,100}$/);
    expect(last?.after).not.toBeNull();
    expect(feed.polls.filter(({ after }) => after === null)).toHaveLength(1);
    expect(new Set(feed.polls.map(({ instance }) => instance)).size).toBe(1);
  });
});

describe('the middleware (RFC 6750)', () => {
  it.each([
    ['without a header', {}],
    ['with another scheme', { authorization: 'Basic YTpi' }],
  ])('answers 401 without an error code %s', async (_, headers) => {
    const response = await guarded.get(undefined, headers);
    expect(response.status).toBe(401);
    expect(response.headers.get('www-authenticate')).toBe('Bearer');
    expect(response.headers.get('cache-control')).toBe('no-store');
  });

  it.each(['Bearer', 'Bearer  ', 'Bearer a b', 'Bearer "x"', 'bearer x,y'])(
    'answers 401 with invalid_token to `%s`',
    async (authorization) => {
      const response = await guarded.get(undefined, { authorization });
      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    },
  );

  it('takes the scheme in any case', async () => {
    const authorization = `bEARER ${await userToken(issuer)}`;
    expect((await guarded.get(undefined, { authorization })).status).toBe(200);
  });
});
