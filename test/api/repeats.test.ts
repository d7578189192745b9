import { loadContract } from '../../src/http/contract';
import { type ContractOperation, operationsOf } from '../http/support/contract-operations';
import { startTestApi, type TestApi } from '../support/test-api';
import { addAll } from './support/block-lists';
import { newEndpointDelivery } from './support/deliveries';
import { newEndpoint, newLogoutClient, newSession, newUser } from './support/fixtures';
import { JOBS, newJob } from './support/jobs';
import { EXAMPLE_STREAM, placeStream } from './support/streams';
import { snapshotOf } from './support/tables';

/** Which do not, and why, stands in test/http/contract.test.ts. */
const keyed = operationsOf(loadContract()).filter(({ parameters }) => parameters.includes('Idempotency-Key'));

/** What a repeat is answered without. */
const HIDDEN: Record<string, string> = {
  createWebhookEndpoint: 'secret',
  rotateWebhookSecret: 'secret',
  importUsers: 'uid',
};

const withoutHidden = (operationId: string, body: unknown): unknown =>
  JSON.parse(
    JSON.stringify(body, (name, member: unknown) => (name === HIDDEN[operationId] ? undefined : member)),
  );

/** The path of the example, of things that nothing has happened to. */
async function freshPath(api: TestApi, { operationId, template, path }: ContractOperation): Promise<string> {
  const [{ id }, { id: blockedUserId }] = [await newUser(api), await newUser(api)];
  if (operationId === 'removeBlockListEntry') await addAll(api, id, [blockedUserId]);
  const job = await newJob(api, [id]);
  // What is undone has to be finished.
  if (template.endsWith('/undo')) await api.call('POST', `${JOBS}/${job.id}/cancel`);
  const delivery = await newEndpointDelivery(api);
  const fresh: Record<string, string | number> = {
    userId: id,
    blockedUserId,
    sessionId: (await newSession(api, id)).sessionId,
    endpointId: (await newEndpoint(api)).id,
    logoutClientId: (await newLogoutClient(api)).id,
    suspensionJobId: job.id,
    deliveryId: delivery.id,
  };
  const [, query] = path.split('?');
  const made = template.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => String(fresh[name]));
  return query === undefined ? made : `${made}?${query}`;
}

describe('a repeat by Idempotency-Key, of the example of every operation that takes one', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi();
    // The one whom a body names.
    await newUser(api, { uid: '5c9e2b1a' });
  });
  afterAll(() => api.close());

  it.each(keyed.map((operation) => [operation.operationId, operation] as const))(
    '%s is not run twice, and its answer is that of the first',
    async (operationId, operation) => {
      const path = await freshPath(api, operation);
      await placeStream(api, operationId === 'createStream' ? null : EXAMPLE_STREAM);
      const headers = { 'idempotency-key': `the key of ${operationId}` };
      const call = () =>
        api.call(operation.method.toUpperCase(), path, {
          body: operation.requestExample,
          contentType: operation.requestType,
          headers,
        });
      const first = await call();
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      const before = await snapshotOf(api.services.database);
      const second = await call();
      expect(await snapshotOf(api.services.database)).toEqual(before);
      expect([first.status < 300, second.status]).toEqual([true, first.status]);
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      for (const name of ['location', 'etag', 'preference-applied', 'content-type']) {
        expect([name, second.headers.get(name)]).toEqual([name, first.headers.get(name)]);
      }
      const shown = withoutHidden(operationId, first.body ?? {});
      expect(second.body ?? {}).toEqual(shown);
    },
  );
});
