import type { ServerResponse } from 'node:http';
import { createRemoteJWKSet } from 'jose';
import { toUuid } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import type { components } from '../../src/http/contract.generated';
import { FAR_FUTURE } from '../api/support/fixtures';
import { createUser } from '../invariants/support/calls';
import { type RelyingParty, startRelyingParty, type VerifiedLogout } from '../logout/relying-party';
import {
  type Platform,
  startPlatform,
  type TestApiProcess,
  type TestProcess,
  waitFor,
} from '../support/processes';

jest.setTimeout(120_000);

type LogoutClient = components['schemas']['LogoutClient'];

const ISSUER = 'https://login.portcullis.test';

let platform: Platform;
let api: TestApiProcess;
let worker: TestProcess;
/** Finds what to end by `sid` alone. */
let shop: RelyingParty;
/** Is content with `sub`. */
let web: RelyingParty;
/** Answers when the test says so. */
let slow: RelyingParty;
/** Nobody is signed in there. */
let quiet: RelyingParty;
/** Is disabled. */
let off: RelyingParty;
const waiting: ServerResponse[] = [];
const uuids = new Map<string, string>();

beforeAll(async () => {
  platform = await startPlatform({ DELIVERY_RETRY_SCHEDULE: '0,1,1,1', LOGOUT_ISSUER: ISSUER });
  [api, worker] = await Promise.all([platform.startApi(), platform.startWorker()]);
  shop = await register('shop', { sessionRequired: true });
  web = await register('web');
  slow = await register('slow', {}, (response) => waiting.push(response));
  quiet = await register('quiet');
  off = await register('off', { enabled: false });
});
afterEach(() => {
  for (const party of [shop, web, slow]) party.received.length = 0;
});
afterAll(async () => {
  await platform.close();
  await Promise.all([shop, web, slow, quiet, off].map((party) => party.close()));
});

async function register(
  clientId: string,
  more: object = {},
  answer?: (response: ServerResponse) => void,
): Promise<RelyingParty> {
  const keys = createRemoteJWKSet(new URL(`${api.url}/jwks.json`));
  const party = await startRelyingParty({ clientId, issuer: ISSUER, keys, answer });
  const body = { clientId, logoutUri: party.url, ...more };
  const created = await api.call('POST', '/api/v1/logout-clients', { body });
  expect(created.status).toBe(201);
  uuids.set(clientId, (created.body as LogoutClient).id);
  return party;
}

/** A new user who is signed in to these clients. */
async function signIn(...clientIds: string[]) {
  const { id, uid } = await createUser(api.call);
  const sids: string[] = [];
  for (const clientId of clientIds) {
    const body = { clientId, expiresAt: FAR_FUTURE };
    const session = await api.call('POST', `/api/v1/users/${id}/sessions`, { body });
    sids.push((session.body as components['schemas']['Session']).sessionId);
  }
  return { id, uid, sids };
}
const done = async (method: string, path: string, body?: object, token?: string) => {
  expect((await api.call(method, path, { body, token })).status).toBeLessThan(300);
};
const received = ({ received: logouts }: RelyingParty, count: number): Promise<VerifiedLogout[]> =>
  waitFor(() => (logouts.length >= count ? [...logouts] : undefined), `${count} logout tokens`);
const subjects = (logouts: readonly VerifiedLogout[]) =>
  logouts.map(({ sub, sid }) => (sid === undefined ? [sub] : [sub, sid])).sort();

/** The delivery about a user to a client. */
async function deliveryOf(userId: number, clientId: string) {
  const { rows } = await platform.database.query(sql`SELECT id, state, attempts, recipient FROM deliveries
    WHERE user_id = ${userId} AND target = ${uuids.get(clientId) ?? ''}`);
  return rows[0];
}
const delivered = (userId: number, clientId: string) =>
  waitFor(async () => {
    const row = await deliveryOf(userId, clientId);
    return row?.state === 'delivered' ? row : undefined;
  }, `the delivery to ${clientId}`);

describe('I4: the clients where a user is signed in are told that she is not any more, by the real worker', () => {
  it('of a block: each of its own sessions, though one of them keeps us waiting; nobody else hears of her (I7)', async () => {
    const { id, uid, sids } = await signIn('shop', 'shop', 'web', 'web', 'slow', 'off');
    await done('PATCH', `/api/v1/users/${id}/block`, { suspensionReason: 'Spam' });
    expect(subjects(await received(shop, 2))).toEqual([sids[0], sids[1]].map((sid) => [uid, sid]).sort());
    expect(subjects(await received(web, 1))).toEqual([[uid]]);
    await delivered(id, 'shop');
    const [response] = await waitFor(() => (waiting.length > 0 ? waiting : undefined), 'the slow client');
    expect(await deliveryOf(id, 'slow')).toMatchObject({ state: 'pending' });
    response?.writeHead(204).end();
    await delivered(id, 'slow');
    expect([quiet.received, off.received]).toEqual([[], []]);
    expect(await deliveryOf(id, 'off')).toBeUndefined();
    for (const party of [shop, web, slow]) expect(party.refused).toEqual([]);
  });

  it('of the end of one session, which alone is named, to its client alone', async () => {
    const { uid, sids } = await signIn('web', 'web', 'shop');
    await done('DELETE', `/api/v1/sessions/${sids[1]}`);
    expect(subjects(await received(web, 1))).toEqual([[uid, sids[1]]]);
    expect(shop.received).toEqual([]);
  });

  it.each<[string, (user: { id: number }) => Promise<void>]>([
    ['the end of all sessions', ({ id }) => done('DELETE', `/api/v1/users/${id}/sessions`)],
    [
      'a fence',
      async ({ id }) => {
        // It is granted by name alone.
        const fencer = { sub: 'fencer', client_id: 'fencer', scope: 'access:fence' };
        const token = await platform.issuer.sign(fencer);
        await done('POST', '/api/v1/access/fence', { afterUserId: id - 1, limit: 1 }, token);
      },
    ],
    ['a deactivation', ({ id }) => done('DELETE', `/api/v1/users/${id}`)],
    ['an erasure', ({ id }) => done('DELETE', `/api/v1/users/${id}`, { permanent: true })],
  ])('of %s, though her rows may be gone by then', async (_name, end) => {
    const user = await signIn('shop', 'web');
    await end(user);
    expect(subjects(await received(shop, 1))).toEqual([[user.uid, user.sids[0]]]);
    expect(subjects(await received(web, 1))).toEqual([[user.uid]]);
    // What was kept for the sending is not kept any longer.
    expect(await delivered(user.id, 'shop')).toMatchObject({ recipient: null });
  });

  it('and again where the worker died meanwhile: of the same event, in another token', async () => {
    const { id } = await signIn('slow');
    waiting.length = 0;
    await done('PATCH', `/api/v1/users/${id}/block`, {});
    await received(slow, 1);
    worker.kill('SIGKILL');
    await worker.ended;
    // Its lease has run out.
    const row = await deliveryOf(id, 'slow');
    await platform.database.query(sql`UPDATE deliveries SET lease_until = ${new Date(0)}, enqueued_at = NULL
      WHERE id = ${new Uuid(toUuid(row?.id))}`);
    worker = await platform.startWorker();
    const [first, second] = await received(slow, 2);
    waiting.at(-1)?.writeHead(200).end();
    await delivered(id, 'slow');
    expect(second?.txn).toBe(first?.txn);
    expect(second?.jti).not.toBe(first?.jti);
  });
});
