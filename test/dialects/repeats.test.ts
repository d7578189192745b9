import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readContract } from '../../src/http/contract';
import { rowsOf, snapshotOf } from '../api/support/tables';
import { type ContractOperation, operationsOf } from '../http/support/contract-operations';
import { createContractCheck } from '../support/contract-check';
import { type Call, createClient } from '../support/http-client';
import { waitFor } from '../support/processes';
import { startTestApi, type TestApi } from '../support/test-api';

const DIALECTS = join(__dirname, '../../src/dialects');

/** The contracts of dialects that take native tokens: those that a vendor's credentials are managed by. */
const documents = readdirSync(DIALECTS)
  .map((name) => join(DIALECTS, name, 'openapi.yaml'))
  .filter((file) => existsSync(file))
  .map(readContract)
  .filter(({ components }) => Object.keys(components?.securitySchemes ?? {}).join() === 'systemToken');

const changing = documents.flatMap((document) => {
  const contract = createContractCheck(document);
  return operationsOf(document)
    .filter(({ changes }) => changes)
    .map((operation) => ({ operation, contract }));
});

/** What a repeat is answered without. */
const HIDDEN = { createCometchatKey: 'key', createZimApp: 'serverSecret' } as Record<string, string>;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ DIALECTS: 'cometchat,zim', VALIDATE_RESPONSES: 'true' });
});
afterAll(() => api.close());

/** The path of the example, of a thing that nothing has happened to. */
async function freshPath(call: Call, { template }: ContractOperation): Promise<string> {
  const [collection = ''] = template.split('/{');
  if (collection === template) return template;
  const made = await call('POST', collection, { body: { name: 'Fresh', ...NEEDED[collection] } });
  const { id, appId } = made.body as { id?: string; appId?: number };
  return `${collection}/${id ?? appId}`;
}

/** What else a body must have. */
const NEEDED: Record<string, object> = { '/api/v1/cometchat/api-keys': { access: 'read' } };

describe.each(changing.map((one) => [one.operation.operationId as string, one] as const))(
  '%s by Idempotency-Key',
  (operationId, { operation, contract }) => {
    const client = async () => createClient(api.url, await api.issuer.tokenFor('admin'), contract);
    const method = operation.method.toUpperCase();
    const send = async (path: string, key: string, body = operation.requestExample) =>
      (await client())(method, path, { body, headers: { 'idempotency-key': key } });

    it('takes one: it changes something', () => {
      expect(operation.parameters).toContain('Idempotency-Key');
    });

    it('a repeat is not run twice, and its answer is that of the first', async () => {
      const path = await freshPath(await client(), operation);
      const first = await send(path, `repeat ${operationId}`);
      const before = await snapshotOf(api.services.database);
      const second = await send(path, `repeat ${operationId}`);
      expect(await snapshotOf(api.services.database)).toEqual(before);
      expect([first.status, second.status]).toEqual([operation.success.status, operation.success.status]);
      expect(first.headers.get('idempotency-replayed')).toBeNull();
      expect(second.headers.get('idempotency-replayed')).toBe('true');
      const { [HIDDEN[operationId] ?? '']: hidden, ...shown } = (first.body ?? {}) as Record<string, unknown>;
      expect(hidden !== undefined).toBe(operationId in HIDDEN);
      expect(second.body ?? {}).toEqual(shown);
    });

    it('many at once run once', async () => {
      const path = await freshPath(await client(), operation);
      const audited = async () => (await rowsOf(api.services.database, 'audit_records')).length;
      const before = await audited();
      // On a busy machine the first may take its second, and a repeat comes back, as it is told to.
      const answered = async () => {
        const answer = await send(path, `at once ${operationId}`);
        return answer.status === 409 ? undefined : answer;
      };
      const answers = await Promise.all(Array.from({ length: 5 }, () => waitFor(answered, 'an answer')));
      expect(answers.filter(({ headers }) => !headers.has('idempotency-replayed'))).toHaveLength(1);
      expect(await audited()).toBe(before + 1);
    });

    it('422: the key of another request', async () => {
      const call = await client();
      const path = await freshPath(call, operation);
      await send(path, `another ${operationId}`);
      const [otherPath, body] =
        operation.requestExample === undefined
          ? [await freshPath(call, operation), undefined]
          : [path, { ...operation.requestExample, name: 'Another' }];
      const before = await snapshotOf(api.services.database);
      const { status, body: problem } = await send(otherPath, `another ${operationId}`, body);
      expect(await snapshotOf(api.services.database)).toEqual(before);
      expect([status, problem]).toMatchObject([422, { code: 'idempotency.key_reused' }]);
    });
  },
);

it('a refusal of the change is kept, too', async () => {
  const [zim] = changing.filter(({ operation }) => (operation.operationId as string) === 'createZimApp');
  const call = createClient(api.url, await api.issuer.tokenFor('admin'), zim?.contract);
  const body = { name: 'Taken', appId: 4711, serverSecret: '9193cc662a4c0ec135ec71fb57194b38' };
  const create = (key: string) =>
    call('POST', '/api/v1/zim/apps', { body, headers: { 'idempotency-key': key } });
  expect((await create('the one')).status).toBe(201);
  const [first, second] = [await create('the other'), await create('the other')];
  expect([first.status, second.status]).toEqual([409, 409]);
  expect([first, second].map(({ headers }) => headers.get('idempotency-replayed'))).toEqual([null, 'true']);
  expect(second.body).toEqual(first.body);
});

it('a vendor’s own contract knows no such key: each call of it is run', async () => {
  const admin = await api.issuer.tokenFor('admin');
  const { body } = await createClient(api.url, admin)('POST', '/api/v1/cometchat/api-keys', {
    body: { name: 'Vendor', access: 'full' },
  });
  const { key: apikey } = body as { key: string };
  const call = createClient(api.url);
  const headers = { apikey, 'idempotency-key': 'of nobody' };
  const create = () => call('POST', '/v3/users', { body: { uid: 'once', name: 'Once' }, headers });
  expect((await create()).status).toBe(200);
  expect((await create()).body).toMatchObject({ error: { code: 'ERR_UID_ALREADY_EXISTS' } });
});
