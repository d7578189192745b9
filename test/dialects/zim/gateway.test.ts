import { signRequest } from '../../../src/dialects/zim/sign-request';
import { nonceSweep } from '../../../src/dialects/zim/spend-nonce';
import { refusalsOf, rowsOf } from '../../api/support/tables';
import { startTestApi, type TestApi } from '../../support/test-api';
import { createZimClient, newZimClient, ZIM_ENVIRONMENT, type ZimClient } from './zim-client';

let api: TestApi;
let client: ZimClient;
beforeAll(async () => {
  api = await startTestApi(ZIM_ENVIRONMENT);
  client = await newZimClient(api);
});
afterAll(() => api.close());
afterEach(() => {
  api.clock.shiftMs = 0;
});

const ACTION = 'QueryBlacklist';
/** Nobody of this id: the gateway let the call through. */
const LET_THROUGH = 660800001;
const codeOf = async (others: Record<string, string | undefined>, method = 'GET'): Promise<number> =>
  (await client.send(method, client.parameters({ Action: ACTION, FromUserId: 'nobody', ...others }))).Code;
/** Counted when the call is made, which may be long after this file was read. */
const secondsFromNow = (seconds: number) => ({
  get Timestamp() {
    return String(Math.floor(Date.now() / 1000) + seconds);
  },
});

test('the documented signature', () => {
  const parameters = { appId: '12345', nonce: '4fd24687296dd9f3', timestamp: '1615186943' };
  expect(signRequest(parameters, '9193cc662a4c0ec135ec71fb57194b38')).toBe(
    '43e5cfcca828314675f91b001390566a',
  );
});

test.each([
  ['a right call is let through', {}, LET_THROUGH],
  ['no action', { Action: undefined }, 100000006],
  ['an empty action', { Action: '' }, 100000006],
  ['another action', { Action: 'SendPeerMessage' }, 100000007],
  ['an action of other capitals', { Action: 'queryblacklist' }, 100000007],
  ['a name that every object has', { Action: 'constructor' }, 100000007],
  ['no app', { AppId: undefined }, 100000001],
  ['an app that is no number', { AppId: 'abc' }, 100000001],
  ['an app of more than 32 bits', { AppId: '4294967296' }, 100000001],
  ['an app of nobody', { AppId: '4294967295' }, 100000001],
  ['no time', { Timestamp: undefined }, 100000002],
  ['a time that is no number', { Timestamp: '12.5' }, 100000003],
  ['no nonce', { SignatureNonce: '' }, 100000008],
  ['no signature', { Signature: undefined }, 100000009],
  ['no version', { SignatureVersion: undefined }, 100000013],
  ['an older version', { SignatureVersion: '1.0' }, 100000014],
  ['a stale time', secondsFromNow(-660), 100000004],
  ['a time to come', secondsFromNow(660), 100000004],
  ['a time that is a little off', secondsFromNow(-540), LET_THROUGH],
  ['a clock that goes before', secondsFromNow(540), LET_THROUGH],
  ['a signature of another length', { Signature: '0' }, 100000005],
  ['another signature', { Signature: '0'.repeat(32) }, 100000005],
  ['a field that nobody knows', { Whatever: '1' }, LET_THROUGH],
])('%s', async (_what, others, code) => {
  expect(await codeOf(others)).toBe(code);
});

test('a signature in capitals is none', async () => {
  const parameters = client.parameters({ Action: ACTION, FromUserId: 'nobody' });
  parameters.set('Signature', String(parameters.get('Signature')).toUpperCase());
  expect((await client.send('GET', parameters)).Code).toBe(100000005);
});

test('a parameter that comes twice', async () => {
  const twice = client.parameters({ Action: ACTION, FromUserId: 'nobody' });
  twice.append('Action', 'UserRegister');
  expect((await client.send('GET', twice)).Code).toBe(100000007);
});

test.each([
  ['POST', 'QueryBlacklist'],
  ['GET', 'AddUsersToBlacklist'],
  ['GET', 'UserRegister'],
  ['PUT', 'RemoveUsersFromBlacklist'],
])('%s is not the method of %s', async (method, Action) => {
  expect(await codeOf({ Action }, method)).toBe(100000007);
});

test('what stands in the contract is not reached by its path', async () => {
  const parameters = client.parameters({ FromUserId: 'nobody' });
  const response = await fetch(`${api.url}/zim/QueryBlacklist?${parameters.toString()}`);
  expect([response.status, await response.json()]).toMatchObject([404, { code: 'request.unknown_path' }]);
});

test('a signature is taken once, whatever the body, and not before it is right', async () => {
  const parameters = client.parameters({ Action: 'UserRegister' });
  const forged = new URLSearchParams(parameters);
  forged.set('Signature', '0'.repeat(32));
  expect((await client.send('POST', forged, {})).Code).toBe(100000005);
  const body = (UserId: string) => ({ UserInfo: [{ UserId }] });
  const answers = await Promise.all(
    ['r1', 'r2', 'r3', 'r4'].map((id) => client.send('POST', parameters, body(id))),
  );
  expect(answers.map(({ Code }) => Code).sort()).toEqual([0, 100000005, 100000005, 100000005]);
  const made = (await rowsOf(api.services.database, 'users')).filter(({ uid }) => /^r\d$/.test(String(uid)));
  expect(made).toHaveLength(1);
  const refused = (await refusalsOf(api.services.database)).at(-1);
  expect(refused).toMatchObject({
    actor: `zim:${client.app.appId}`,
    action: 'user.create',
    code: 'auth.signature_refused',
  });
});

test('a nonce is remembered as long as its signature is good, and no longer', async () => {
  const { database } = api.services;
  await codeOf({});
  const before = (await rowsOf(database, 'zim_nonces')).length;
  expect(before).toBeGreaterThan(0);
  api.clock.shiftMs = 19 * 60_000;
  await nonceSweep.batch(database);
  expect(await rowsOf(database, 'zim_nonces')).toHaveLength(before);
  api.clock.shiftMs = 22 * 60_000;
  await nonceSweep.batch(database);
  expect(await rowsOf(database, 'zim_nonces')).toEqual([]);
});

test.each([
  ['no JSON', '{"FromUserId":'],
  ['JSON that is no object', '[]'],
  ['no body', undefined],
  ['another type', { FromUserId: 1, UserIds: [] }],
  ['no ids', { FromUserId: 'a' }],
  ['more than a body may hold', { FromUserId: 'a', UserIds: ['x'.repeat(70_000)] }],
])('%s is an invalid parameter', async (_what, body) => {
  expect((await client.post('AddUsersToBlacklist', body)).Code).toBe(660000002);
});

test.each([
  ['of a form', { 'content-type': 'application/x-www-form-urlencoded' }],
  ['that is missing', undefined],
])('a body is JSON whatever its content type says, one %s too', async (_what, headers) => {
  const parameters = client.parameters({ Action: 'UserRegister' });
  const UserId = `typed-${headers ? 1 : 2}`;
  const response = await fetch(`${api.url}/?${parameters.toString()}`, {
    method: 'POST',
    headers,
    // Of bytes fetch does not say by itself what they are.
    body: Buffer.from(JSON.stringify({ UserInfo: [{ UserId, Extra: true }], Extra: 1 })),
  });
  expect(await response.json()).toMatchObject({ Code: 0 });
});

test('a stranger’s body is not read', async () => {
  const stranger = createZimClient(api.url, { appId: client.app.appId, serverSecret: '0'.repeat(32) });
  expect((await stranger.post('UserRegister', '{')).Code).toBe(100000005);
});
