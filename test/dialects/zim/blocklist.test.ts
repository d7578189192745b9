import { rowsOf, refusalsOf } from '../../api/support/tables';
import { startTestApi, type TestApi } from '../../support/test-api';
import { newZimClient, register, ZIM_ENVIRONMENT, type ZimClient } from './zim-client';

let api: TestApi;
let client: ZimClient;
beforeAll(async () => {
  api = await startTestApi({ ...ZIM_ENVIRONMENT, BLOCK_LIST_MAX: '3' });
  client = await newZimClient(api);
});
afterAll(() => api.close());

const [ADD, REMOVE] = ['AddUsersToBlacklist', 'RemoveUsersFromBlacklist'];
const change = (action: string | undefined, FromUserId: string, ...UserIds: string[]) =>
  client.post(String(action), { FromUserId, UserIds });
const query = (FromUserId: string, more: Record<string, string> = {}) =>
  client.get('QueryBlacklist', { FromUserId, ...more });
const idOf = async (uid: string): Promise<number> => {
  const { body } = await api.call('GET', `/api/v1/users?uid=${uid}`);
  return (body as { items: { id: number }[] }).items[0]?.id ?? 0;
};
const deactivate = async (uid: string): Promise<void> => {
  const { status } = await api.call('DELETE', `/api/v1/users/${await idOf(uid)}`);
  expect(status).toBe(204);
};

test('the sample of the vendor’s document, as it stands', async () => {
  await register(client, 'zego_user', 'user1', 'user2', 'user3', 'user4');
  expect((await change(ADD, 'zego_user', 'user2', 'user3', 'user4')).Code).toBe(0);
  const sample = '{ "FromUserId": "zego_user", "UserIds": [ "user1", "user2", "user3", "user4" ] }';
  expect(await client.post('RemoveUsersFromBlacklist', sample)).toEqual({
    Code: 0,
    Message: 'success',
    RequestId: expect.stringMatching(/^[0-9]{18}$/) as string,
    ErrList: [{ UserId: 'user1', SubCode: 660800044 }],
  });
  expect((await query('zego_user')).Blacklist).toEqual([]);
});

test('block and unblock: what fails for one is told beside what succeeds for others', async () => {
  await register(client, 'a1', 'a2', 'a3');
  expect((await change(ADD, 'a1', 'a2', 'a2', 'a3')).ErrList).toEqual([]);
  const long = 'x'.repeat(33);
  expect(await change(ADD, 'a1', 'a2', 'a1', 'ghost', long, 'ü')).toMatchObject({
    Code: 660800041,
    ErrList: [
      { UserId: 'a2', SubCode: 660800037 },
      { UserId: 'a1', SubCode: 660800038 },
      { UserId: 'ghost', SubCode: 660700015 },
      { UserId: long, SubCode: 660000012 },
      { UserId: 'ü', SubCode: 660000002 },
    ],
  });
  expect(await change(REMOVE, 'a1', 'a2', 'a1', 'ghost')).toMatchObject({
    Code: 0,
    ErrList: [
      { UserId: 'a1', SubCode: 660800038 },
      { UserId: 'ghost', SubCode: 660700015 },
    ],
  });
  const records = await rowsOf(api.services.database, 'audit_records');
  const ownerId = await idOf('a1');
  const ofOwner = records.filter(({ target }) => target === `user:${ownerId}`);
  expect(ofOwner.map(({ actor, action }) => [actor, action])).toContainEqual([
    `zim:${client.app.appId}`,
    'block_list.remove',
  ]);
});

test('unblocking tells apart who was on the list from who never was', async () => {
  await register(client, 'b1', 'b2', 'b3');
  await change(ADD, 'b1', 'b2');
  await change(REMOVE, 'b1', 'b2');
  expect(await change(REMOVE, 'b1', 'b2', 'b3')).toMatchObject({
    Code: 660800042,
    ErrList: [
      { UserId: 'b2', SubCode: 660800043 },
      { UserId: 'b3', SubCode: 660800044 },
    ],
  });
  expect((await refusalsOf(api.services.database)).at(-1)).toMatchObject({ action: 'block_list.remove' });
});

test('a list that is full takes no more', async () => {
  await register(client, 'c0', 'c1', 'c2', 'c3', 'c4');
  expect(await change(ADD, 'c0', 'c1', 'c2', 'c3', 'c4')).toMatchObject({
    Code: 0,
    ErrList: [{ UserId: 'c4', SubCode: 660800040 }],
  });
});

test.each([
  ['nobody of this id', 'nobody', ['x'], 660800001],
  ['an id that is too long', 'f'.repeat(33), ['x'], 660000012],
  ['an id of other characters', 'a"b', ['x'], 660000002],
  ['no id', '', ['x'], 660000002],
  ['no users', 'zego_user', [], 660000002],
  ['21 users', 'zego_user', Array.from({ length: 21 }, (_, index) => `u${index}`), 660800039],
])('%s', async (_what, FromUserId, UserIds, code) => {
  for (const action of [ADD, REMOVE, 'CheckUsersIsInBlacklist'])
    expect((await change(action, FromUserId, ...UserIds)).Code).toBe(code);
});

test('who is deactivated is not registered any more, and leaves the lists', async () => {
  await register(client, 'd1', 'd2', 'd3');
  await change(ADD, 'd1', 'd2', 'd3');
  await deactivate('d2');
  expect((await query('d1')).Blacklist).toMatchObject([{ UserId: 'd3' }]);
  expect((await change(REMOVE, 'd1', 'd2')).ErrList).toEqual([{ UserId: 'd2', SubCode: 660700015 }]);
  await deactivate('d1');
  expect((await change(ADD, 'd1', 'd3')).Code).toBe(660500002);
  expect((await query('d1')).Code).toBe(660500002);
});

test('a list is paged, newest first, and ends with 0', async () => {
  await client.post('UserRegister', {
    UserInfo: [
      { UserId: 'e 1, [x]~' },
      { UserId: 'e2', UserName: 'Ada Lovelace' },
      { UserId: 'e3' },
      { UserId: 'e4' },
    ],
  });
  const before = Date.now();
  expect((await change(ADD, 'e 1, [x]~', 'e2', 'e3', 'e4')).Code).toBe(0);
  const first = await query('e 1, [x]~', { Limit: '2' });
  expect(first).toMatchObject({ Code: 0, Message: 'success', TotalCount: 3, Next: 2 });
  expect(first.Blacklist?.map(({ UserId }) => UserId)).toEqual(['e4', 'e3']);
  const second = await query('e 1, [x]~', { Limit: '2', Next: String(first.Next) });
  expect(second).toMatchObject({ TotalCount: 3, Next: 0 });
  expect(second.Blacklist).toEqual([
    { UserId: 'e2', UserName: 'Ada Lovelace', Avatar: '', UpdateTime: expect.any(Number) as number },
  ]);
  expect(Math.abs((second.Blacklist?.[0]?.UpdateTime ?? 0) - before)).toBeLessThan(60_000);
  for (const Limit of ['0', '1000'])
    expect((await query('e 1, [x]~', { Limit, Next: '0' })).Blacklist).toHaveLength(3);
  for (const [name, value] of [
    ['Limit', 'x'],
    ['Limit', '-1'],
    ['Next', '1.5'],
  ] as const)
    expect((await query('e 1, [x]~', { [name]: value })).Code).toBe(660000002);
  expect((await client.get('QueryBlacklist', {})).Code).toBe(660000002);
});

test('a check tells whom the user has blocked, and not who has blocked her', async () => {
  await register(client, 'f1', 'f2', 'f3');
  await change(ADD, 'f1', 'f2');
  await change(ADD, 'f3', 'f1');
  expect(await change('CheckUsersIsInBlacklist', 'f1', 'f2', 'f3', 'f1', 'ghost')).toMatchObject({
    Code: 0,
    Succ: [
      { UserId: 'f2', Result: 1 },
      { UserId: 'f3', Result: 0 },
      { UserId: 'f1', Result: 0 },
    ],
    ErrList: [{ UserId: 'ghost', SubCode: 660700015 }],
  });
  expect(await change('CheckUsersIsInBlacklist', 'f1', 'ghost')).toMatchObject({
    Code: 660700015,
    Succ: [],
    ErrList: [{ UserId: 'ghost', SubCode: 660700015 }],
  });
});
