import { loadContract } from '../../src/http/contract';
import { type ContractOperation, operationsOf } from '../http/support/contract-operations';
import { startTestApi, type TestApi } from '../support/test-api';
import { newEndpointDelivery } from './support/deliveries';
import { change, newLogoutClient, newSession, newUser } from './support/fixtures';
import { JOBS, newJob } from './support/jobs';
import { EXAMPLE_STREAM, placeStream } from './support/streams';

const operations = operationsOf(loadContract());

/** What the paths of the examples name; these ids are always generated. */
async function seed(api: TestApi): Promise<Record<string, string>> {
  await newUser(api, { id: 101, uid: '5c9e2b1a', email: 'ada@example.org' });
  await newUser(api, { id: 102 });
  const { suspensionId } = await change(api, 'block', 101);
  // Cancelled, so that it can be undone.
  const { id: suspensionJobId } = await newJob(api, [101]);
  await api.call('POST', `${JOBS}/${suspensionJobId}/cancel`);
  const { id: deliveryId, endpointId } = await newEndpointDelivery(api);
  const { id: logoutClientId } = await newLogoutClient(api);
  return { endpointId, deliveryId, suspensionId: suspensionId ?? '', suspensionJobId, logoutClientId };
}

// Deletions last: they take away what the others need.
const inOrder = [...operations].sort(
  (a, b) => Number(a.method === 'delete') - Number(b.method === 'delete') || a.path.localeCompare(b.path),
);

describe('the examples of the contract, replayed', () => {
  let api: TestApi;
  let generated: Record<string, string>;
  beforeAll(async () => {
    api = await startTestApi();
    generated = await seed(api);
  });
  // The examples of a sign-in and a touch are those of a user who may sign in, and has.
  beforeEach(async () => {
    await change(api, 'unblock', 101);
    await api.call('POST', '/api/v1/users/101/reactivate');
    generated.sessionId = (await newSession(api, 101)).sessionId;
  });
  afterAll(() => api.close());

  const pathOf = ({ path, template }: ContractOperation) => {
    const [, query] = path.split('?');
    const made = Object.entries(generated).find(([name]) => template.includes(`{${name}}`));
    if (!made) return path;
    const [name, id] = made;
    return template.replace(`{${name}}`, id) + (query === undefined ? '' : `?${query}`);
  };

  it.each(inOrder.map((operation) => [operation.operationId, operation] as const))(
    '%s answers its example as the contract says',
    async (_id, operation) => {
      const { method, requestExample: body, requestType: contentType, statuses } = operation;
      await placeStream(api, operation.operationId === 'createStream' ? null : EXAMPLE_STREAM);
      const { status, body: answer } = await api.call(method.toUpperCase(), pathOf(operation), {
        body,
        contentType,
      });
      expect(answer ?? {}).not.toHaveProperty('errors');
      expect(statuses.filter((one) => one.startsWith('2'))).toContain(String(status));
    },
  );

  it.each(['blockUser', 'unblockUser'])('%s answers its example with the receipt, too', async (id) => {
    const operation = operations.find(({ operationId }) => operationId === id);
    const { status } = await api.call('PATCH', operation?.path ?? '', {
      body: operation?.requestExample,
      headers: { prefer: 'return=representation' },
    });
    expect(status).toBe(200);
  });

  it('every operation that takes a body has an example of it', () => {
    const without = operations.filter(
      ({ takesBody, requestExample }) => takesBody && requestExample === undefined,
    );
    expect(without).toEqual([]);
  });
});
