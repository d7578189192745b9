import { startTestApi, type TestApi } from '../../support/test-api';
import { newZimClient, ZIM_ENVIRONMENT } from './zim-client';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ ...ZIM_ENVIRONMENT, RATE_LIMIT_ZIM: '5' });
});
afterAll(() => api.close());

test('each action of each app has a limit of its own, and a refused call may be sent again', async () => {
  const [busy, other] = await Promise.all([newZimClient(api), newZimClient(api)]);
  const query = { FromUserId: 'nobody' };
  const parameters = () => busy.parameters({ Action: 'QueryBlacklist', ...query });
  const calls = Array.from({ length: 15 }, parameters);
  // All of one second, however long they take.
  const second = jest.spyOn(Date, 'now').mockReturnValue(Date.now());
  const answers = await Promise.all(calls.map((call) => busy.send('GET', call)));
  second.mockRestore();
  const refused = answers.findIndex(({ Code }) => Code === 660300005);
  expect(answers.map(({ Code }) => Code)).toEqual(expect.arrayContaining([660800001, 660300005]));
  expect((await busy.post('CheckUsersIsInBlacklist', { ...query, UserIds: ['a'] })).Code).toBe(660800001);
  expect((await other.get('QueryBlacklist', query)).Code).toBe(660800001);
  let again = answers[refused];
  while (again?.Code === 660300005) again = await busy.send('GET', calls[refused] as URLSearchParams);
  expect(again?.Code).toBe(660800001);
});
