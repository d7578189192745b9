import type { Guard } from '../../guard';
import { eventually } from '../events/delivery-fixtures';
import {
  change,
  clientToken,
  done,
  newSession,
  newUser,
  type SessionBody,
  type UserBody,
} from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Guarded, startGuarded, userToken } from './support/guarded';

let api: TestApi;
let guarded: Guarded;
let guard: Guard;
beforeAll(async () => {
  api = await startTestApi();
  guarded = await startGuarded({ issuerOf: api.issuer, api: api.url, leaseMs: 60_000 });
  guard = guarded.guard;
  await guard.ready();
});
afterAll(async () => {
  await guarded?.close();
  await api?.close();
});

interface SignedIn {
  user: UserBody;
  session: SessionBody;
  /** As an identity provider issues it that asks Portcullis first. */
  token: string;
}

async function signIn(user?: UserBody): Promise<SignedIn> {
  const owner = user ?? (await newUser(api));
  const session = await newSession(api, owner.id);
  const { sessionId: sid, epoch } = session;
  return { user: owner, session, token: await userToken(api.issuer, { sub: owner.uid, sid, epoch }) };
}

async function raiseFence(): Promise<void> {
  const answer = await api.call('POST', '/api/v1/access/fence', {
    token: await clientToken(api, 'access:fence'),
    body: {},
  });
  expect(answer.status).toBe(200);
}

const untilRevoked = (token: string) =>
  eventually(async () => {
    const verdict = await guard.check(token);
    return verdict.active || verdict.reason === 'stale' ? null : verdict.reason;
  }, 'the end of access');

describe('the guard on the real feed: access ends at a resource server, whatever ended it (I1)', () => {
  const ends: [string, (signedIn: SignedIn) => Promise<unknown>][] = [
    ['a block', ({ user }) => change(api, 'block', user.id)],
    ['an unblock', ({ user }) => change(api, 'unblock', user.id)],
    ['the end of the session', ({ session }) => done(api, 'DELETE', `/api/v1/sessions/${session.sessionId}`)],
    ['the end of all her sessions', ({ user }) => done(api, 'DELETE', `/api/v1/users/${user.id}/sessions`)],
    ['the end of her account', ({ user }) => done(api, 'DELETE', `/api/v1/users/${user.id}`)],
    ['her erasure', ({ user }) => done(api, 'DELETE', `/api/v1/users/${user.id}`, { permanent: true })],
    ['a fence', raiseFence],
  ];

  it.each(ends)('%s', async (_, end) => {
    const signedIn = await signIn();
    expect(await guard.check(signedIn.token)).toMatchObject({ active: true });
    await end(signedIn);
    expect(await untilRevoked(signedIn.token)).toBe('revoked');
  });

  it('and who signs in anew after the unblock is let in at once', async () => {
    const before = await signIn();
    await change(api, 'block', before.user.id);
    await change(api, 'unblock', before.user.id);
    const after = await signIn(before.user);
    expect(await untilRevoked(before.token)).toBe('revoked');
    expect(await guard.check(after.token)).toMatchObject({ active: true });
  });

  it('a guard that starts later knows it from the backlog', async () => {
    const { user, token } = await signIn();
    await change(api, 'block', user.id);
    const later = await startGuarded({ issuerOf: api.issuer, api: api.url });
    await later.guard.ready();
    expect(await later.guard.check(token)).toEqual({ active: false, reason: 'revoked' });
    await later.close();
  });
});
