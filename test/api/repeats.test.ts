import { loadContract } from '../../src/http/contract';
import { operationsOf } from '../http/support/contract-operations';
import { startTestApi, type TestApi } from '../support/test-api';
import { newEndpoint, newSession, newUser } from './support/fixtures';
import { snapshotOf } from './support/tables';

/** Operations that cannot keep their answer with their change, and why. */
const WITHOUT_KEY: Record<string, string> = {};

const changing = operationsOf(loadContract()).filter(
  ({ method, operationId }) => method !== 'get' && !(operationId in WITHOUT_KEY),
);

describe('a repeat by Idempotency-Key, of the example of every operation that changes something', () => {
  let api: TestApi;
  let endpointId: string;
  beforeAll(async () => {
    api = await startTestApi();
  });
  // Each meets what its example names, whatever the ones before have done.
  beforeEach(async () => {
    const known = await api.call('GET', '/api/v1/users/101');
    if (known.status === 404) await newUser(api, { id: 101, uid: '5c9e2b1a', email: 'ada@example.org' });
    await api.call('PATCH', '/api/v1/users/101/unblock');
    const sessionId = '01a1fdda-8896-713d-85de-f18940ccab11';
    if ((await api.call('GET', `/api/v1/sessions/${sessionId}`)).status === 404)
      await newSession(api, 101, { sessionId });
    endpointId = (await newEndpoint(api)).id;
  });
  afterAll(() => api.close());

  it.each(changing.map((operation) => [operation.operationId, operation] as const))(
    '%s is not run twice, and its answer is that of the first',
    async (operationId, { method, template, path: examplePath, requestExample: body }) => {
      const path = template.includes('{endpointId}')
        ? template.replace('{endpointId}', endpointId)
        : examplePath;
      const headers = { 'idempotency-key': `the key of ${operationId}` };
      const call = () => api.call(method.toUpperCase(), path, { body, headers });
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
      const { secret: _shownOnce, ...shown } = (first.body ?? {}) as Record<string, unknown>;
      expect(second.body ?? {}).toEqual(shown);
    },
  );
});
