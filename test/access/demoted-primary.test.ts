import { randomUUID } from 'node:crypto';
import { sql, Statement } from '../../src/database/sql';
import type { Transaction } from '../../src/database/transaction';
import { change, newSession, newUser } from '../api/support/fixtures';
import { introspect, sessionToken } from '../api/support/user-tokens';
import { newZimClient, type ZimClient } from '../dialects/zim/zim-client';
import { startTestApi, type TestApi } from '../support/test-api';

const POOL_SIZE = 2;

let api: TestApi;
let uid: string;
let userId: number;
let sessionId: string;
let token: string;
let apikey: string;
let zim: ZimClient;

beforeAll(async () => {
  api = await startTestApi({
    LOG_LEVEL: 'silent',
    DATABASE_POOL_SIZE: String(POOL_SIZE),
    DIALECTS: 'cometchat,zim',
  });
  ({ id: userId, uid } = await newUser(api));
  const session = await newSession(api, userId);
  ({ sessionId } = session);
  token = await sessionToken(api, uid, session);
  const bearer = { authorization: `Bearer ${await api.issuer.tokenFor('admin')}` };
  const made = await fetch(`${api.url}/api/v1/cometchat/api-keys`, {
    method: 'POST',
    headers: { ...bearer, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'tests', access: 'full' }),
  });
  ({ key: apikey } = (await made.json()) as { key: string });
  zim = await newZimClient(api);
});
afterEach(async () => {
  jest.restoreAllMocks();
  if (isPostgres()) await setReadOnly('off');
});
afterAll(() => api.close());

const isPostgres = () => api.services.database.engine.name === 'postgres';

/** On every connection of the pool: none ends before all have begun. */
async function onEachConnection(text: string): Promise<void> {
  let begun = 0;
  let allHave: () => void = () => undefined;
  const all = new Promise<void>((resolve) => (allHave = resolve));
  const one = async (tx: Transaction): Promise<void> => {
    await tx.read(new Statement([text], []));
    if (++begun === POOL_SIZE) allHave();
    await all;
  };
  await Promise.all(Array.from({ length: POOL_SIZE }, () => api.services.database.transaction(one)));
}

/** Of these connections and those that come after them. */
async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  const [database] = /portcullis_test_\w+/.exec(api.database.url) ?? [];
  await onEachConnection('SET default_transaction_read_only = off');
  const ofDatabase = `ALTER DATABASE ${String(database)} SET default_transaction_read_only = ${value}`;
  await api.services.database.query(new Statement([ofDatabase], []));
  await onEachConnection(`SET default_transaction_read_only = ${value}`);
}

/** MySQL knows it of the whole server alone, which other tests use at the same time. */
async function demote(): Promise<void> {
  if (isPostgres()) await setReadOnly('on');
  else {
    jest.replaceProperty(api.services.database.engine, 'selectDemoted', sql`SELECT TRUE AS demoted`);
  }
}

describe('I1: a primary that takes no changes any more, but still answers, knows nothing of what happens', () => {
  const statusOf = async (method: string, path: string) => (await api.call(method, path)).status;
  const feed = '/api/v1/revocations';

  it('it renews no lease of who polls, and of who waits', async () => {
    const { body } = await api.call('GET', feed);
    const { next } = body as { next: string };
    const waiting = statusOf('GET', `${feed}?after=${next}&wait=20`);
    await demote();
    expect(await statusOf('GET', feed)).toBe(503);
    expect(await waiting).toBe(503);
  });

  it('it says of no token that it is active, and lets no session go on', async () => {
    expect(await introspect(api.call, token)).toMatchObject({ status: 200, body: { active: true } });
    const touch = `/api/v1/sessions/${sessionId}/touch`;
    expect(await statusOf('POST', touch)).toBe(200);
    await demote();
    expect((await introspect(api.call, token)).status).toBe(503);
    expect(await statusOf('POST', touch)).toBe(503);
  });

  it('it says of no session that it is alive, and of no user that there is no such one to be signed out', async () => {
    const ofSession = `/api/v1/sessions/${sessionId}`;
    const ofUser = `/api/v1/users/${userId}/sessions`;
    expect([await statusOf('GET', ofSession), await statusOf('GET', ofUser)]).toEqual([200, 200]);
    await demote();
    expect([await statusOf('GET', ofSession), await statusOf('GET', ofUser)]).toEqual([503, 503]);
    const sub_id = { format: 'opaque', id: 'not-there-yet' };
    expect((await api.call('POST', '/connect/global-token-revocation', { body: { sub_id } })).status).toBe(
      503,
    );
  });

  it('it takes the credentials of no dialect: they may have been revoked since', async () => {
    const ask = () => fetch(`${api.url}/v3/users?perPage=1`, { headers: { apikey } });
    const query = () => zim.get('QueryBlacklist', { FromUserId: 'nobody' });
    expect((await ask()).status).toBe(200);
    expect((await query()).Code).toBe(660800001);
    await demote();
    expect((await ask()).status).toBe(503);
    expect((await query()).Code).toBe(660000001);
  });

  it('where the next connection is to a primary, all goes on', async () => {
    await demote();
    expect(await statusOf('GET', feed)).toBe(503);
    jest.restoreAllMocks();
    if (isPostgres()) await setReadOnly('off');
    expect(await statusOf('GET', feed)).toBe(200);
    expect(await introspect(api.call, token)).toMatchObject({ status: 200, body: { active: true } });
  });

  it('a change that it refuses is answered 503, and was not made', async () => {
    const { id } = await newUser(api, { email: `${randomUUID()}@example.com` });
    if (isPostgres()) await setReadOnly('on');
    else await onEachConnection('SET SESSION TRANSACTION READ ONLY');
    const block = await api.call('PATCH', `/api/v1/users/${id}/block`);
    if (isPostgres()) {
      expect(block.status).toBe(503);
      await setReadOnly('off');
    }
    // The setting of MySQL ends with its connection, and the block is run again on the next.
    else expect(block.status).toBe(204);
    expect(await change(api, 'unblock', id)).toMatchObject({ changed: !isPostgres() });
  });
});
