import { randomUUID } from 'node:crypto';
import { done } from '../../api/support/fixtures';
import { rowsOf } from '../../api/support/tables';
import { startTestApi, type TestApi } from '../../support/test-api';
import {
  block,
  BLOCK,
  BLOCKED,
  blockedBy,
  clientOf,
  errorOf,
  list,
  type ListBody,
  type Member,
  newMember,
  unblock,
} from './support/bio-re';

let api: TestApi;
let ada: Member;
let grace: Member;
beforeAll(async () => {
  api = await startTestApi({ BIO_RE_RATE_LIMIT: '0', BLOCK_LIST_MAX: '52', LOG_LEVEL: 'silent' });
});
afterAll(() => api.close());
beforeEach(async () => {
  ada = await newMember(api, { firstName: 'Ada', lastName: 'Lovelace' });
  grace = await newMember(api);
});

const SUCCESS = [200, { success: true }];

describe('POST /api/v1/users/block/{userId}', () => {
  it('200: puts the user on the list, one-way', async () => {
    const { status, body } = await block(api, grace, ada.uid);
    expect([status, body]).toEqual(SUCCESS);
    expect(await blockedBy(api, grace)).toEqual([ada.uid]);
    expect(await blockedBy(api, ada)).toEqual([]);
  });

  it('400: oneself, in either case', async () => {
    for (const uid of [ada.uid, ada.uid.toUpperCase()]) {
      const answer = await block(api, ada, uid);
      expect([answer.status, errorOf(answer).code]).toEqual([400, 'user.block.self']);
    }
  });

  it('404: nobody has the id, or she is deactivated', async () => {
    await done(api, 'DELETE', `/api/v1/users/${grace.id}`);
    for (const uid of [randomUUID(), '00000000-0000-0000-0000-000000000000', grace.uid]) {
      const answer = await block(api, ada, uid);
      expect([answer.status, errorOf(answer).code]).toEqual([404, 'user.not_found']);
    }
  });

  it('409: blocked already, or the list is full', async () => {
    await block(api, ada, grace.uid);
    const again = await block(api, ada, grace.uid);
    expect([again.status, errorOf(again).i18nKey]).toEqual([409, 'user.block.already_blocked']);
    const others = Array.from({ length: 51 }, () => randomUUID());
    await importUsers(others);
    for (const uid of others) expect((await block(api, ada, uid)).status).toBe(200);
    const { uid } = await newMember(api);
    const full = await block(api, ada, uid);
    expect([full.status, errorOf(full).i18nKey]).toEqual([409, 'user.block.list_full']);
    // The 50 newest of them, and how many there are.
    const { data }: ListBody = (await list(api, ada)).body;
    expect(data.total).toBe(52);
    expect(data.items.map(({ id }) => id)).toEqual(others.reverse().slice(0, 50));
  });

  it('finds a user as her id is written, then in lower case', async () => {
    const uid = randomUUID();
    const [lower, upper] = [await newMember(api, { uid }), await newMember(api, { uid: uid.toUpperCase() })];
    await block(api, ada, upper.uid);
    expect(await blockedBy(api, ada)).toEqual([upper.uid]);
    await block(api, ada, lower.uid);
    await block(api, ada, grace.uid.toUpperCase());
    expect(await blockedBy(api, ada)).toEqual([grace.uid, lower.uid, upper.uid]);
  });
});

describe('DELETE /api/v1/users/block/{userId}', () => {
  it('200: takes the user off the list, and leaves the opposite direction alone', async () => {
    await Promise.all([block(api, ada, grace.uid), block(api, grace, ada.uid)]);
    const { status, body } = await unblock(api, ada, grace.uid);
    expect([status, body]).toEqual(SUCCESS);
    expect(await blockedBy(api, ada)).toEqual([]);
    expect(await blockedBy(api, grace)).toEqual([ada.uid]);
  });

  it('404: whoever is not on the list, the caller and nobody included', async () => {
    await block(api, grace, ada.uid);
    for (const uid of [grace.uid, ada.uid, randomUUID()]) {
      const answer = await unblock(api, ada, uid);
      expect([answer.status, errorOf(answer).code]).toEqual([404, 'user.block.not_blocked']);
    }
    expect(await blockedBy(api, grace)).toEqual([ada.uid]);
  });
});

describe('GET /api/v1/users/blocked', () => {
  it('200: newest first, with the names there are; nobody who is deactivated', async () => {
    const gone = await newMember(api);
    for (const { uid } of [ada, gone, grace])
      expect((await block(api, await reader(), uid)).status).toBe(200);
    await done(api, 'DELETE', `/api/v1/users/${gone.id}`);
    const answer = await list(api, await reader());
    const { data }: ListBody = answer.body;
    const times = data.items.map(({ blockedAt }) => blockedAt);
    expect(data).toEqual({
      items: [
        { id: grace.uid, username: grace.uid, displayName: null, blockedAt: times[0] },
        { id: ada.uid, username: ada.uid, displayName: 'Ada Lovelace', blockedAt: times[1] },
      ],
      total: 2,
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  let member: Promise<Member> | undefined;
  const reader = () => (member ??= newMember(api));
});

describe('every call', () => {
  const calls = (uid: string): [string, string][] => [
    ['POST', `${BLOCK}/${uid}`],
    ['DELETE', `${BLOCK}/${uid}`],
    ['GET', BLOCKED],
  ];
  const answers = async (token: string | undefined, uid: string) =>
    Promise.all(calls(uid).map(([method, path]) => clientOf(api)(method, path, { token })));

  it('401 without a token, and with one that is none, expired, of an ID token, or bound to a key', async () => {
    const claims = { sub: ada.uid, client_id: 'web', scope: 'block_list:self' };
    const past = Math.floor(Date.now() / 1000) - 1_000;
    const tokens = [
      undefined,
      'a.b.c',
      await api.issuer.sign({ ...claims, iat: past - 1, exp: past }),
      await api.issuer.sign({ ...claims, aud: 'somebody-else' }),
      await api.issuer.sign(claims, { typ: 'JWT' }),
      await api.issuer.sign({ ...claims, cnf: { jkt: 'a'.repeat(43) } }),
      await api.issuer.sign({ ...claims, sub: randomUUID() }),
      await api.issuer.sign({ ...claims, client_id: undefined }),
    ];
    for (const token of tokens) {
      for (const answer of await answers(token, grace.uid)) {
        expect([answer.status, errorOf(answer).code]).toEqual([401, 'AUTH_UNAUTHORIZED']);
        const challenge = token === undefined ? 'Bearer' : 'Bearer error="invalid_token"';
        expect(answer.headers.get('www-authenticate')).toBe(challenge);
      }
    }
    expect((await rowsOf(api.services.database, 'block_list_entries')).filter(isAdas)).toEqual([]);
  });

  it('403 with a token without the scope, and with a client’s, whatever its scopes', async () => {
    const user = { sub: ada.uid, client_id: 'web' };
    const client = { sub: 'client-7', client_id: 'client-7' };
    for (const claims of [
      { ...user, scope: 'users:write block_list:selfish' },
      user,
      { ...client, scope: 'system_api block_list:self' },
    ]) {
      for (const answer of await answers(await api.issuer.sign(claims), grace.uid)) {
        expect([answer.status, errorOf(answer).code]).toEqual([403, 'AUTH_FORBIDDEN']);
        expect(answer.headers.get('www-authenticate')).toContain('scope="block_list:self"');
      }
    }
  });

  it('401 with the token of a user from the moment she is suspended, and with her old one ever after (I1, I2)', async () => {
    await block(api, ada, grace.uid);
    const statuses = async () => (await answers(ada.token, grace.uid)).map(({ status }) => status);
    await done(api, 'PATCH', `/api/v1/users/${ada.id}/block`);
    expect(await statuses()).toEqual([401, 401, 401]);
    await done(api, 'PATCH', `/api/v1/users/${ada.id}/unblock`);
    expect(await statuses()).toEqual([401, 401, 401]);
    expect((await rowsOf(api.services.database, 'block_list_entries')).filter(isAdas)).toHaveLength(1);
  });

  it('401 with the token of a user who is deactivated, erased or signed out', async () => {
    await done(api, 'DELETE', `/api/v1/users/${ada.id}`);
    await done(api, 'DELETE', `/api/v1/users/${grace.id}/sessions`);
    for (const { token } of [ada, grace]) {
      const got = await answers(token, randomUUID());
      expect(got.map(({ status }) => status)).toEqual([401, 401, 401]);
    }
  });

  const isAdas = (row: Record<string, unknown>) => Number(row.owner_id) === ada.id;
});

async function importUsers(uids: readonly string[]): Promise<void> {
  const answer = await api.call('POST', '/api/v1/users/batch', {
    body: { users: uids.map((uid) => ({ uid })) },
  });
  if (answer.status !== 200) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
}
