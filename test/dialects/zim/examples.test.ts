import { join } from 'node:path';
import { readContract } from '../../../src/http/contract';
import { startTestApi, type TestApi } from '../../support/test-api';
import { newZimClient, register, ZIM_ENVIRONMENT, type ZimClient } from './zim-client';

let api: TestApi;
let client: ZimClient;
beforeAll(async () => {
  api = await startTestApi(ZIM_ENVIRONMENT);
  client = await newZimClient(api);
  await register(client, 'zego_user', 'user2', 'user3', 'user4');
});
afterAll(() => api.close());

interface Body {
  $ref?: string;
  content?: { 'application/json': { example: unknown } };
}

const { paths = {}, components } = readContract(join(__dirname, '../../../src/dialects/zim/openapi.yaml'));
const exampleOf = (body: Body | undefined): unknown => {
  const named = (components?.requestBodies as Record<string, Body> | undefined)?.[
    body?.$ref?.split('/').at(-1) ?? ''
  ];
  return (named ?? body)?.content?.['application/json'].example;
};

/** In an order in which they can follow each other. */
const ORDER = [
  'UserRegister',
  'AddUsersToBlacklist',
  'CheckUsersIsInBlacklist',
  'QueryBlacklist',
  'RemoveUsersFromBlacklist',
];

test('the examples of the contract succeed, and their answers are what it allows', async () => {
  const actions = Object.keys(paths).map((path) => path.split('/').at(-1) ?? '');
  expect(actions.sort()).toEqual([...ORDER].sort());
  for (const action of ORDER) {
    const { post } = paths[`/zim/${action}`] as { post?: { requestBody: Body } };
    const answer = post
      ? await client.post(action, exampleOf(post.requestBody))
      : await client.get(action, { FromUserId: 'zego_user', Limit: '100', Next: '0' });
    expect([action, answer]).toMatchObject([action, { Code: 0, Message: 'success' }]);
    expect(answer.ErrList ?? answer.ErrorList ?? []).toEqual([]);
  }
});

test.each(['zim', 'zim-apps'])('%s is shown to people and to programs', async (name) => {
  const page = await fetch(`${api.url}/docs/${name}`);
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  const contract = (await (await fetch(`${api.url}/openapi/${name}.json`)).json()) as { openapi: string };
  expect(contract.openapi).toBe('3.1.0');
});
