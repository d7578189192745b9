import { randomUUID } from 'node:crypto';
import { request } from 'node:http';
import { toUuid } from '../../../src/database/decode';
import { done } from '../../api/support/fixtures';
import { rowsOf, snapshotOf } from '../../api/support/tables';
import { startTestApi, type TestApi } from '../../support/test-api';
import {
  block,
  BLOCK,
  BLOCKED,
  blockedBy,
  clientOf,
  errorOf,
  type Member,
  newMember,
  unblock,
} from './support/bio-re';

let api: TestApi;
let ada: Member;
let grace: Member;
beforeAll(async () => {
  api = await startTestApi({ BIO_RE_RATE_LIMIT: '0', LOG_LEVEL: 'silent' });
  ada = await newMember(api);
  grace = await newMember(api);
});
afterAll(() => api.close());

const records = () => rowsOf(api.services.database, 'audit_records');
const call = (method: string, path: string, headers: Record<string, string> = {}) =>
  clientOf(api)(method, path, { token: ada.token, headers });

describe('what is no UUID', () => {
  it.each([
    'string',
    '101',
    'block',
    'f0e1d2c3-b4a5-6789-0123-456789abcde',
    'f0e1d2c3-b4a5-6789-0123-456789abcdef0',
    'g0e1d2c3-b4a5-6789-0123-456789abcdef',
    'f0e1d2c3b4a5678901234567 89abcdef',
    'f0e1d2c3b4a567890123456789abcdef',
    '{f0e1d2c3-b4a5-6789-0123-456789abcdef}',
    'urn:uuid:f0e1d2c3-b4a5-6789-0123-456789abcdef',
    'f0e1d2c3-b4a5-6789-0123-456789abcdef%0a',
    'f0e1d2c3-b4a5-6789-0123-456789abcdef%00',
    'f0e1d2c3-b4a5-6789-0123-456789abcd%65g',
    '%',
    '%zz',
    '%2e%2e%2fblocked',
    '٣0e1d2c3-b4a5-6789-0123-456789abcdef',
    'a'.repeat(10_000),
  ])('%.60s is 400 that names the field, and changes nothing', async (uid) => {
    for (const method of ['POST', 'DELETE']) {
      const answer = await call(method, `${BLOCK}/${uid}`);
      expect(answer.status).toBe(400);
      expect(errorOf(answer)).toEqual({
        code: 'VALIDATION_FAILED',
        message: 'The user id is not a valid UUID.',
        i18nKey: 'validation.failed',
        i18nVars: { field: 'userId' },
        details: [{ message: 'userId must be a UUID' }],
        correlationId: answer.headers.get('x-request-id'),
      });
    }
    expect(await rowsOf(api.services.database, 'block_list_entries')).toEqual([]);
  });
});

it('what says nothing is passed over: a body, a query, an encoding of the id', async () => {
  const encoded = grace.uid.replace(/^./, (first) => `%${first.charCodeAt(0).toString(16)}`);
  const answers = [
    await clientOf(api)('POST', `${BLOCK}/${encoded}?page=2`, { token: ada.token, body: { any: 'thing' } }),
    await clientOf(api)('DELETE', `${BLOCK}/${grace.uid}`, {
      token: ada.token,
      body: '{',
      contentType: 'application/json',
    }),
    await call('GET', `${BLOCKED}?page=2&limit=10`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
});

it('a method that is not there is 405 in the envelope, and says which are', async () => {
  for (const [method, path, allowed] of [
    ['GET', `${BLOCK}/${grace.uid}`, ['DELETE', 'POST']],
    ['PATCH', `${BLOCK}/${grace.uid}`, ['DELETE', 'POST']],
    ['PUT', BLOCKED, ['GET']],
    ['OPTIONS', BLOCKED, ['GET']],
  ] as const) {
    const answer = await call(method, path);
    expect([answer.status, errorOf(answer).code]).toEqual([405, 'METHOD_NOT_ALLOWED']);
    expect(answer.headers.get('allow')?.split(/, */).sort()).toEqual(allowed);
  }
  expect((await head(BLOCKED)).status).toBe(405);
});

it('the error is in the caller’s language, and names the request', async () => {
  const answer = await call('DELETE', `${BLOCK}/${grace.uid}`, {
    'accept-language': 'es-MX, de;q=0.5',
    'x-request-id': 'a-request-of-mine',
  });
  expect(errorOf(answer)).toEqual({
    code: 'user.block.not_blocked',
    message: 'No has bloqueado a esta persona.',
    i18nKey: 'user.block.not_blocked',
    i18nVars: {},
    details: [],
    correlationId: 'a-request-of-mine',
  });
  expect(answer.headers.get('content-language')).toBe('es');
  expect(answer.headers.get('vary')).toBe('Accept-Language');
  expect(answer.headers.get('content-type')).toContain('application/json');
});

it('each change is recorded, and each refused attempt; neither names the users by their uids (I7)', async () => {
  const known = (await records()).length;
  await block(api, ada, grace.uid);
  await block(api, ada, grace.uid);
  await unblock(api, ada, grace.uid);
  await unblock(api, ada, grace.uid);
  const made = (await records()).slice(known);
  expect(made.map(({ action, outcome, code }) => [action, outcome, code])).toEqual([
    ['block_list.add', 'done', null],
    ['block_list.add', 'refused', 'block_list.already_blocked'],
    ['block_list.remove', 'done', null],
    ['block_list.remove', 'refused', 'block_list.not_blocked'],
  ]);
  const [added, refused] = made;
  expect([added?.target, added?.client_id]).toEqual([`user:${ada.id}`, 'web']);
  expect(new Set(made.map(({ actor }) => actor)).size).toBe(1);
  expect(refused?.target).toMatch(/^user:[\w-]{43}$/);
  expect(refused?.target).not.toBe(added?.actor);
  const text = JSON.stringify(made);
  for (const { uid } of [ada, grace]) expect(text).not.toContain(uid);
});

it('nothing of what a user did outlives her but that somebody did it: neither uid nor address (I7)', async () => {
  const gone = await newMember(api);
  await block(api, gone, grace.uid);
  await block(api, ada, gone.uid);
  for (const uid of [ada.uid, gone.uid, gone.uid.toUpperCase()]) await unblock(api, gone, uid);
  const before = await records();
  const hers = before.filter(({ actor }) => actor === before.at(-1)?.actor).map(({ id }) => toUuid(id));
  expect(hers).toHaveLength(4);
  const kept = async () =>
    (await rowsOf(api.services.database, 'audit_values'))
      .map((row) => toUuid(row.record_id))
      .filter((id) => hers.includes(id));
  expect(await kept()).toHaveLength(4);

  await done(api, 'DELETE', `/api/v1/users/${gone.id}`, { permanent: true });
  expect(await kept()).toEqual([]);
  const { access_revocations: feed, ...content } = await snapshotOf(api.services.database);
  // The feed tells resource servers that her tokens are dead, and the event who was deleted.
  expect(JSON.stringify(feed)).toContain(gone.uid);
  const holding = Object.values(content)
    .flat()
    .filter((row) => row.toLowerCase().includes(gone.uid));
  expect(holding.filter((row) => !row.includes('user.deleted'))).toEqual([]);
  expect((await api.call('GET', '/api/v1/audit-records?limit=50')).status).toBe(200);
});

it('a caller who is being erased gets 401, and changes nothing', async () => {
  const gone = await newMember(api);
  const answers = await Promise.all([
    api.call('DELETE', `/api/v1/users/${gone.id}`, { body: { permanent: true } }),
    ...Array.from({ length: 6 }, () => block(api, gone, grace.uid)),
  ]);
  expect(answers[0].status).toBe(204);
  for (const { status } of answers.slice(1)) expect([200, 401, 409]).toContain(status);
  expect(await blockedBy(api, ada)).toEqual([]);
  expect(await rowsOf(api.services.database, 'block_list_entries')).toEqual([]);
  expect((await block(api, gone, randomUUID())).status).toBe(401);
});

/** The client of the tests wants a body. */
const head = (path: string) =>
  new Promise<{ status: number | undefined }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${ada.token}` };
    request(`${api.url}${path}`, { method: 'HEAD', headers }, (response) => {
      response.resume();
      resolve({ status: response.statusCode });
    })
      .on('error', reject)
      .end();
  });
