import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import request from 'supertest';
import { DomainError, type ErrorCode } from '../../src/errors';
import { loadContract } from '../../src/http/contract';
import type { Handlers } from '../../src/http/handlers';
import { type Idempotency, withoutKeep } from '../../src/http/idempotency/idempotency';
import { createRouter } from '../../src/http/router';
import { schemaFaults } from './support/contract-schemas';
import { type ContractOperation, operationsOf, resolve } from './support/contract-operations';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';

const operations = operationsOf(loadContract());
const named = operations.map((operation) => [operation.operationId, operation] as const);

/** Codes that stand for each status that a handler may refuse with. */
const REFUSALS: Record<string, ErrorCode> = {
  400: 'pagination.cursor_invalid',
  403: 'user.suspended',
  404: 'user.not_found',
  409: 'session.id_used',
  412: 'precondition.failed',
  422: 'idempotency.key_reused',
  429: 'rate_limit.exceeded',
  503: 'service.busy',
};

/** Operations that take no Idempotency-Key though they are no GET, and why. */
const WITHOUT_KEY: Record<string, string> = {
  touchSession: 'it asks, and an answer that was kept would outlive a block (I1)',
  introspectToken: 'it asks, and an answer that was kept would outlive a block (I1)',
  checkBlocks: 'it asks',
  testWebhookEndpoint: 'it asks how an endpoint does now, and changes nothing',
  pollSecurityEvents: 'to acknowledge twice is harmless, and an answer that was kept would be old',
};

/** What an operation may answer that takes no token. */
const WITHOUT_TOKEN = ['400', '500', '503'];

/** What may not be there is named in the query or the body: a stream (SSF 1.0, section 8.1), or a user. */
const NAMED_BESIDES_THE_PATH = new Set<string>([
  'readStreams',
  'updateStream',
  'replaceStream',
  'deleteStream',
  'getStreamStatus',
  'setStreamStatus',
  'verifyStream',
  'addStreamSubject',
  'removeStreamSubject',
  'revokeGlobally',
]);

let issuer: TestIssuer;
let api: FakeApi;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createFakeApi(issuer);
});
beforeEach(() => api.reset());
afterAll(async () => {
  api.close();
  await issuer.stop();
});

/** Every way to choose one item of each list. */
const oneOfEach = (lists: readonly string[][]): string[][] =>
  lists.reduce<string[][]>(
    (chosen, list) => chosen.flatMap((before) => list.map((item) => [...before, item])),
    [[]],
  );

async function replay(
  { method, path, requestExample, requestType }: ContractOperation,
  scope = 'system_api access:fence signing_keys:manage',
) {
  const token = await issuer.token({ claims: { scope } });
  const call = request(api.app)[method](path).set('Authorization', `Bearer ${token}`);
  if (requestType !== undefined) call.set('Content-Type', requestType);
  return requestExample === undefined ? call : call.send(requestExample as object);
}

describe.each(named)('%s', (_id, operation) => {
  const { operationId, success, alternatives, statuses, responses } = operation;

  it('takes the example of its request and answers that of its response', async () => {
    const response = await replay(operation);
    expect(response.status).toBe(success.status);
    if (success.ndjson === undefined) expect(response.body).toEqual(success.body ?? {});
    expect(api.calls).toMatchObject([{ operationId }]);
    if (operation.requestExample !== undefined && operation.requestType === undefined) {
      expect(api.calls[0]?.request.body).toMatchObject(operation.requestExample as object);
    }
  });

  it('is content with the scopes that it names, with each alternative, and with nothing less', async () => {
    for (const scopes of alternatives) {
      expect((await replay(operation, scopes.join(' '))).status).toBe(success.status);
    }
    if (alternatives.length === 0) return;
    const all = [...new Set(operations.flatMap((other) => other.scopes))];
    for (const lacking of oneOfEach(alternatives)) {
      const others = all.filter((scope) => !lacking.includes(scope));
      expect((await replay(operation, others.join(' '))).status).toBe(403);
    }
  });

  it('lists 400, 500 and 503, with a token also 401, 403 and 429, and each of its examples is of its schema', () => {
    const always = alternatives.length === 0 ? WITHOUT_TOKEN : [...WITHOUT_TOKEN, '401', '403', '429'];
    expect(statuses).toEqual(expect.arrayContaining(always));
    const takesBody = operation.requestExample !== undefined;
    expect([statuses.includes('413'), statuses.includes('415')]).toEqual([takesBody, takesBody]);
    const namesSomething = operation.template.includes('{') || NAMED_BESIDES_THE_PATH.has(operationId);
    expect(statuses.includes('404')).toBe(namesSomething);
    for (const { schema, example } of Object.values(responses).filter(({ schema }) => schema !== undefined)) {
      expect(example).toBeDefined();
      expect(schemaFaults(schema ?? {}, example)).toEqual([]);
    }
  });

  it('takes an Idempotency-Key where it changes something, and lists 409 and 422 for it', () => {
    const { parameters, method } = operation;
    const changes = method !== 'get' && !(operationId in WITHOUT_KEY);
    expect(parameters.includes('Idempotency-Key')).toBe(changes);
    if (changes) expect(statuses).toEqual(expect.arrayContaining(['409', '422']));
    expect(statuses.includes('412')).toBe(parameters.includes('If-Match'));
  });

  it('answers every refusal that it lists as a problem document of the contract', async () => {
    for (const status of statuses.filter((one) => one in REFUSALS)) {
      const code = REFUSALS[status] as ErrorCode;
      api.replace(operationId, () =>
        Promise.reject(new DomainError(code, 'In words.', { retryAfterSeconds: 1 })),
      );
      const response = await replay(operation);
      api.replace(operationId, () => Promise.resolve(success));
      expect(response.status).toBe(Number(status));
      expect(response.headers['content-type']).toBe('application/problem+json');
      expect(response.body).toMatchObject({
        code,
        type: `urn:portcullis:problem:${code}`,
        detail: 'In words.',
      });
      expect(schemaFaults(responses[status]?.schema ?? {}, response.body)).toEqual([]);
    }
  });
});

describe('the contract', () => {
  it('names a scope for every operation: none is open by oversight', () => {
    const open = operations.filter(({ alternatives }) => alternatives.length === 0);
    expect(open.map(({ operationId }) => operationId)).toEqual(['getSsfConfiguration', 'getJwks']);
    const restricted = operations.filter((operation) => !open.includes(operation));
    expect(restricted.filter(({ scopes }) => scopes.length === 0)).toEqual([]);
    expect(
      Object.fromEntries(
        restricted.map(({ operationId, alternatives }) => [
          operationId,
          alternatives.map((scopes) => scopes.join(' ')).join(' or '),
        ]),
      ),
    ).toEqual({
      blockUser: 'users:block',
      unblockUser: 'users:unblock',
      listUserSuspensions: 'users:read',
      listSuspensions: 'users:read',
      getSuspension: 'users:read',
      batchSuspensions: 'users:block or users:unblock',
      createSuspensionJob: 'users:block or users:unblock',
      listSuspensionJobs: 'users:block or users:unblock',
      getSuspensionJob: 'users:block or users:unblock',
      getSuspensionJobOutcomes: 'users:block or users:unblock',
      cancelSuspensionJob: 'users:block or users:unblock',
      undoSuspensionJob: 'users:unblock',
      createUser: 'users:write',
      importUsers: 'users:write',
      getUser: 'users:read',
      listUsers: 'users:read',
      updateUser: 'users:write',
      deleteUser: 'users:deactivate or users:erase',
      reactivateUser: 'users:deactivate',
      anonymiseUser: 'users:erase',
      listBlockList: 'users:read',
      addToBlockList: 'users:write',
      addBlockListEntry: 'users:write',
      getBlockListEntry: 'users:read',
      removeBlockListEntry: 'users:write',
      checkBlocks: 'users:read',
      createSession: 'sessions:write',
      importSessions: 'sessions:write',
      introspectToken: 'tokens:introspect',
      pollSecurityEvents: 'ssf.read',
      raiseFence: 'access:fence',
      listSigningKeys: 'signing_keys:manage',
      rotateSigningKeys: 'signing_keys:manage',
      revokeGlobally: 'tokens:revoke',
      listSessions: 'sessions:read',
      revokeSessions: 'sessions:write',
      getSession: 'sessions:read',
      revokeSession: 'sessions:write',
      signIn: 'sessions:write users:write',
      touchSession: 'sessions:write',
      createWebhookEndpoint: 'webhooks:manage',
      listWebhookEndpoints: 'webhooks:manage',
      getWebhookEndpoint: 'webhooks:manage',
      updateWebhookEndpoint: 'webhooks:manage',
      rotateWebhookSecret: 'webhooks:manage',
      testWebhookEndpoint: 'webhooks:manage',
      deleteWebhookEndpoint: 'webhooks:manage',
      disableWebhookEndpoint: 'webhooks:manage',
      enableWebhookEndpoint: 'webhooks:manage',
      listUserDeliveries: 'webhooks:manage',
      listDeliveries: 'webhooks:manage',
      getDelivery: 'webhooks:manage',
      redeliverDelivery: 'webhooks:manage',
      recoverWebhookEndpoint: 'webhooks:manage',
      replayWebhookEndpoint: 'webhooks:manage',
      createLogoutClient: 'logout_clients:manage',
      listLogoutClients: 'logout_clients:manage',
      getLogoutClient: 'logout_clients:manage',
      updateLogoutClient: 'logout_clients:manage',
      deleteLogoutClient: 'logout_clients:manage',
      pollRevocations: 'revocations:read',
      getSuspensionPropagation: 'users:read',
      listAuditRecords: 'audit:read',
      exportAuditRecords: 'audit:read',
      getAuditHead: 'audit:read',
      verifyAuditRecords: 'audit:read',
      createStream: 'ssf.manage',
      readStreams: 'ssf.read or ssf.manage',
      updateStream: 'ssf.manage',
      replaceStream: 'ssf.manage',
      deleteStream: 'ssf.manage',
      getStreamStatus: 'ssf.read or ssf.manage',
      setStreamStatus: 'ssf.manage',
      verifyStream: 'ssf.manage',
      addStreamSubject: 'ssf.manage',
      removeStreamSubject: 'ssf.manage',
    });
  });

  it('I8: is closed: no object takes fields that it does not name', () => {
    const open: string[] = [];
    visit(loadContract(), '', (node, at) => {
      // A map names its values' schema: its keys are the callers'.
      const isMap = typeof node.additionalProperties === 'object';
      if (node.type === 'object' && node.additionalProperties !== false && !isMap) open.push(at);
    });
    expect(open).toEqual([]);
  });

  it('I8: bounds every text that a caller sends, and lets no NUL through', () => {
    const document = loadContract();
    const loose: string[] = [];
    const check = (schema: unknown, at: string): void =>
      visit(schema, at, (raw, where) => {
        const node = resolve(document, raw);
        if (node !== raw) check(node, where);
        if (node.type !== 'string' || node.enum !== undefined) return;
        const bounded = node.format === 'date-time' || node.format === 'uuid' || node.maxLength !== undefined;
        const pattern = typeof node.pattern === 'string' ? new RegExp(node.pattern, 'u') : null;
        const refusesNul = node.format !== undefined || pattern?.test(`a${String.fromCharCode(0)}`) === false;
        const bySize = bounded || /\{0,15\}\$$/.test(pattern?.source ?? '');
        if (!bySize || !refusesNul) loose.push(where);
      });
    for (const [path, item] of Object.entries(document.paths ?? {})) {
      for (const [method, operation] of Object.entries(item as Record<string, Record<string, unknown>>)) {
        const parameters = ((operation.parameters ?? []) as unknown[]).map((one) => resolve(document, one));
        for (const parameter of parameters.filter((one) => one.in !== 'header')) {
          check(parameter.schema, `${method} ${path} ${String(parameter.name)}`);
        }
        check(resolve(document, operation.requestBody).content, `${method} ${path} body`);
      }
    }
    // What is no token is not active, and no fault (RFC 7662, section 2.2). It reaches no database.
    const token = 'post /connect/introspect body/application/x-www-form-urlencoded/schema/properties/token';
    expect(loose).toEqual([token]);
  });

  it('has its types generated afresh: run `npm run generate` where this fails', () => {
    const root = join(__dirname, '../..');
    const directory = mkdtempSync(join(tmpdir(), 'contract-'));
    const output = join(directory, 'contract.generated.ts');
    const generator = join(root, 'node_modules/openapi-typescript/bin/cli.js');
    execFileSync(process.execPath, [generator, join(root, 'openapi.yaml'), '--output', output], {
      cwd: root,
    });
    const fresh = readFileSync(output, 'utf8');
    rmSync(directory, { recursive: true });
    expect(readFileSync(join(root, 'src/http/contract.generated.ts'), 'utf8')).toBe(fresh);
  });
});

describe('the router', () => {
  const idempotency: Idempotency = { answer: (_request, handle) => handle(withoutKeep) };
  const complete = (): Record<string, unknown> =>
    Object.fromEntries(operations.map(({ operationId }) => [operationId, () => Promise.resolve()]));

  it('refuses to start where an operation has no handler', () => {
    const { blockUser: _missing, ...handlers } = complete();
    expect(() => createRouter(loadContract(), handlers as unknown as Handlers, idempotency)).toThrow(
      'the operation blockUser has no handler',
    );
  });

  it('refuses to start where a handler has no operation', () => {
    const handlers = { ...complete(), banUser: () => Promise.resolve() };
    expect(() => createRouter(loadContract(), handlers as unknown as Handlers, idempotency)).toThrow(
      'the handler banUser has no operation',
    );
  });

  it('hands path, query, body, preference and caller to the handler, and its headers to the caller', async () => {
    const token = await issuer.token();
    api.replace('blockUser', () =>
      Promise.resolve({ status: 204, headers: { 'Preference-Applied': 'return=minimal' } }),
    );
    const response = await request(api.app)
      .patch('/api/v1/users/42/block')
      .set('Authorization', `Bearer ${token}`)
      .set('Prefer', 'return=representation')
      .set('X-Request-Id', 'from-the-caller')
      .send({ suspensionReason: 'x' });
    expect(response.headers['preference-applied']).toBe('return=minimal');
    expect(api.calls[0]?.request).toEqual({
      path: { userId: 42 },
      query: {},
      body: { suspensionReason: 'x', triggerWebhook: false, notifyUserViaEmail: false },
      prefer: 'return=representation',
      ifMatch: undefined,
      kept: withoutKeep,
      gone: expect.any(Function) as unknown,
      caller: {
        subject: 'admin',
        clientId: 'admin',
        kind: 'client',
        scopes: new Set(['system_api']),
        requestId: 'from-the-caller',
        address: '127.0.0.1',
      },
    });
  });

  it('decodes what stands in a path, the first time and later', async () => {
    const token = await issuer.token();
    const sessionId = 'a/b%20?#:@';
    for (let round = 0; round < 2; round++) {
      await request(api.app)
        .get(`/api/v1/sessions/${encodeURIComponent(sessionId)}`)
        .set('Authorization', `Bearer ${token}`)
        .expect(200);
    }
    expect(api.calls.map((call) => call.request.path)).toEqual([{ sessionId }, { sessionId }]);
  });

  it('tells calls of different operations apart that come at the same time', async () => {
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => operations)
        .flat()
        .map(async (operation) => [(await replay(operation)).status, operation.success.status]),
    );
    expect(answers.filter(([got, expected]) => got !== expected)).toEqual([]);
  });

  it('a handler’s answer that the contract does not know is a fault of ours, 500', async () => {
    api.replace('getUser', () => Promise.resolve({ status: 200, body: { id: 1, password: 'hunter2' } }));
    const getUser = operations.find(({ operationId }) => operationId === 'getUser') as ContractOperation;
    const response = await replay(getUser);
    expect(response.status).toBe(500);
    expect(response.text).not.toContain('hunter2');
  });
});

function visit(node: unknown, at: string, see: (node: Record<string, unknown>, at: string) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (!Array.isArray(node)) see(node as Record<string, unknown>, at);
  for (const [key, child] of Object.entries(node)) {
    if (key !== 'example' && key !== 'examples') visit(child, `${at}/${key}`, see);
  }
}
