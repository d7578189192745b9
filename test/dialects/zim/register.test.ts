import { rowsOf } from '../../api/support/tables';
import { startTestApi, type TestApi } from '../../support/test-api';
import { newZimClient, ZIM_ENVIRONMENT, type ZimClient } from './zim-client';

let api: TestApi;
let client: ZimClient;
beforeAll(async () => {
  api = await startTestApi({ ...ZIM_ENVIRONMENT, RATE_LIMIT_ZIM: '0' });
  client = await newZimClient(api);
});
afterAll(() => api.close());

const registered = (...UserInfo: unknown[]) => client.post('UserRegister', { UserInfo });
const users = async (uid: string) => {
  const { body } = await api.call('GET', `/api/v1/users?uid=${encodeURIComponent(uid)}`);
  return (body as { items: { id: number; firstName: string | null; lastName: string | null }[] }).items;
};

test('users made here are everybody’s users, and the app is their maker', async () => {
  const answer = await registered(
    { UserId: 'aaa', UserName: 'Augusta Ada Lovelace', UserAvatar: 'https://example.com/a.png' },
    { UserId: 'bbb', UserName: 'userNameb' },
    { UserId: 'ccc' },
    { UserId: 'bbb', UserName: 'another' },
  );
  expect(answer).toMatchObject({ Code: 0, Message: 'success', ErrorList: [] });
  expect(await users('aaa')).toMatchObject([{ firstName: 'Augusta Ada', lastName: 'Lovelace' }]);
  expect(await users('bbb')).toMatchObject([{ firstName: 'userNameb', lastName: null }]);
  expect(await users('ccc')).toMatchObject([{ firstName: null, lastName: null }]);
  const [user] = await users('aaa');
  const records = await rowsOf(api.services.database, 'audit_records');
  expect(records.find(({ target }) => target === `user:${user?.id}`)).toMatchObject({
    actor: `zim:${client.app.appId}`,
    action: 'user.create',
    request_id: answer.RequestId,
  });
});

test('who exists, and who was erased, is told beside those who are made', async () => {
  await registered({ UserId: 'gone' }, { UserId: 'here' });
  const [gone] = await users('gone');
  await api.call('DELETE', `/api/v1/users/${gone?.id}`, { body: { permanent: true } });
  expect(await users('gone')).toEqual([]);
  const long = 'x'.repeat(33);
  const exists = { SubCode: 660700002, SubMessage: 'the user exists' };
  const answer = await registered(
    { UserId: 'fresh' },
    { UserId: 'here' },
    { UserId: 'gone' },
    { UserId: long },
    { UserId: 'a/b' },
    { UserId: 'named', UserName: 'ü'.repeat(129) },
    { UserId: 'nul', UserName: 'a\u0000' },
    { UserId: 'pictured', UserAvatar: 'x'.repeat(501) },
  );
  expect(answer.Code).toBe(0);
  expect(answer.ErrorList?.map(({ UserId, SubCode }) => [UserId, SubCode])).toEqual([
    ['here', 660700002],
    ['gone', 660700002],
    [long, 660000012],
    ['a/b', 660000002],
    ['named', 660000002],
    ['nul', 660000002],
    ['pictured', 660000002],
  ]);
  expect(await registered({ UserId: 'here' })).toMatchObject({
    Code: 660700002,
    ErrorList: [{ UserId: 'here', ...exists }],
  });
});

test.each([
  ['nobody', []],
  ['101 users', Array.from({ length: 101 }, (_, index) => ({ UserId: `many${index}` }))],
  ['somebody without an id', [{ UserName: 'Ada' }]],
  ['an id that is no text', [{ UserId: 1 }]],
])('%s is an invalid parameter, and nobody is made', async (_what, infos) => {
  expect((await registered(...infos)).Code).toBe(660000002);
  expect(await users('many0')).toEqual([]);
});
