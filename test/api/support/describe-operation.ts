import { loadContract } from '../../../src/http/contract';
import type { OperationId } from '../../../src/http/handlers';
import { operationsOf } from '../../http/support/contract-operations';
import { type Call, createClient } from '../../support/http-client';
import { waitFor } from '../../support/processes';
import { startTestApi, type TestApi } from '../../support/test-api';
import { ALL_SCOPES, clientToken, newSession, newUser, type ProblemBody, userToken } from './fixtures';
import { refusalsOf, snapshotOf } from './tables';

/** What a test of one operation works with. */
export interface OperationTest {
  readonly api: TestApi;
  /** Like `api.call`, and remembers which statuses this operation answered. */
  call: Call;
}

export interface OperationSetup {
  /** Where everything exists that the path names; without one, the path of the contract's examples. */
  path?: (api: TestApi) => Promise<string>;
  /** What is sent in place of the contract's example, where that would be answered without the database. */
  body?: (api: TestApi) => Promise<unknown>;
  /** Where something does not exist, and what says so. */
  missing?: { path: string; code: string };
}

/**
 * The tests that every operation has, and `more` of its own: at the end each status that the contract lists for
 * it must have been produced. The user, session and ids of the contract's examples exist.
 */
export function describeOperation(
  operationId: OperationId,
  { path: existing, body: reaching, missing }: OperationSetup,
  more: (test: OperationTest) => void,
): void {
  const operation = operationsOf(loadContract()).find((one) => one.operationId === operationId);
  if (!operation) throw new Error(`the contract has no ${operationId}`);
  const {
    scopes,
    alternatives,
    statuses,
    template,
    changes,
    requestExample: body,
    requestType: contentType,
    maxBodyBytes,
  } = operation;
  const method = operation.method.toUpperCase();

  describe(`${method} ${template}`, () => {
    const seen = new Set<string>();
    const pattern = new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+')}$`);
    let api: TestApi;
    let path: string;
    let anonymous: Call;
    let sent = { body, contentType };

    const recording =
      (call: () => Call): Call =>
      async (usedMethod, usedPath, options) => {
        const answer = await call()(usedMethod, usedPath, options);
        if (usedMethod === method && pattern.test(usedPath.split('?')[0] ?? '')) {
          seen.add(String(answer.status));
        }
        return answer;
      };
    const call = recording(() => api.call);
    const stranger = recording(() => anonymous);

    beforeAll(async () => {
      api = await startTestApi({ LOG_LEVEL: 'silent' });
      anonymous = createClient(api.url);
      await newUser(api, { id: 101, uid: 'ada', email: 'ada@example.com' });
      await newSession(api, 101, { sessionId: '01a1fdda-8896-713d-85de-f18940ccab11' });
      path = existing ? await existing(api) : operation.path;
      if (reaching) sent = { body: await reaching(api), contentType };
    });
    afterEach(() => jest.restoreAllMocks());
    afterAll(() => api.close());

    /** @param refusals the codes of attempts that the audit trail must then hold, if the operation is one to change */
    const unchanged = async (work: () => Promise<void>, ...refusals: string[]) => {
      const { database } = api.services;
      const [before, refusedBefore] = [await snapshotOf(database), (await refusalsOf(database)).length];
      await work();
      expect(await snapshotOf(database)).toEqual(before);
      const recorded = (await refusalsOf(database)).slice(refusedBefore).map(({ code }) => code);
      expect(recorded).toEqual(changes ? refusals : []);
    };

    it('401: without a token, and with one that is none; nothing changes (RFC 6750, section 3.1)', () =>
      unchanged(async () => {
        const without = await stranger(method, path, sent);
        expect([without.status, without.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
        const forged = await stranger(method, path, { ...sent, token: 'a.b.c' });
        expect(forged.status).toBe(401);
        expect(forged.headers.get('www-authenticate')).toContain('error="invalid_token"');
      }));

    it('401: a stranger learns nothing of what exists (I7)', async () => {
      if (!missing) return;
      const { status, body: problem } = await stranger(method, missing.path, sent);
      expect([status, (problem as ProblemBody).code]).toEqual([401, 'auth.missing_token']);
    });

    it(`403: every scope but ${scopes.join()} is not enough, and the answer names it; nothing changes`, () =>
      unchanged(async () => {
        const token = await clientToken(api, ...ALL_SCOPES.filter((scope) => !scopes.includes(scope)));
        const { status, headers, body: problem } = await call(method, path, { ...sent, token });
        expect(status).toBe(403);
        expect(problem).toMatchObject({ code: 'auth.insufficient_scope' });
        // Where one of several ways is enough, the first is named.
        expect(headers.get('www-authenticate')).toBe(
          `Bearer error="insufficient_scope", scope="${alternatives[0]?.join(' ')}"`,
        );
      }, 'auth.insufficient_scope'));

    it("403: a user's token never satisfies a system scope; nothing changes", () =>
      unchanged(async () => {
        const token = await userToken(api, 'system_api', ...ALL_SCOPES);
        const { status } = await call(method, path, { ...sent, token });
        expect(status).toBe(403);
      }, 'auth.insufficient_scope'));

    if (missing) {
      it(`404: ${missing.code}; nothing changes`, () =>
        unchanged(async () => {
          const { status, body: problem } = await call(method, missing.path, sent);
          expect(status).toBe(404);
          expect(problem).toMatchObject({ code: missing.code });
        }, missing.code));
    }

    if (body !== undefined) {
      it(`413: a body beyond ${maxBodyBytes} bytes; nothing changes (I8)`, () =>
        unchanged(async () => {
          const filler = 'x'.repeat(maxBodyBytes);
          const large = contentType === undefined ? { filler } : `${filler}x`;
          const { status } = await call(method, path, { body: large, contentType });
          expect(status).toBe(413);
        }, 'request.too_large'));

      it('415: a body of another type names the header; nothing changes (I8)', () =>
        unchanged(async () => {
          const { status, body: problem } = await call(method, path, {
            body: '1',
            contentType: 'text/plain',
          });
          expect(status).toBe(415);
          expect((problem as ProblemBody).errors).toMatchObject([{ pointer: '/headers/content-type' }]);
        }, 'request.unsupported_media_type'));
    }

    more({
      get api() {
        return api;
      },
      call,
    });

    if (operation.parameters.includes('Idempotency-Key')) {
      const keyed = (key: string) => ({ ...sent, headers: { 'idempotency-key': key } });

      it('422: a key belongs to its first request alone; nothing changes', async () => {
        const { database } = api.services;
        await call('POST', '/api/v1/users', {
          body: {},
          headers: { 'idempotency-key': 'of another request' },
        });
        const before = await snapshotOf(database);
        const { status, body: problem } = await call(method, path, keyed('of another request'));
        expect(status).toBe(422);
        expect(problem).toMatchObject({ code: 'idempotency.key_reused' });
        expect(await snapshotOf(database)).toEqual(before);
      });

      it('409: a repeat whose first request still runs is told to come back after a second; nothing changes', () =>
        unchanged(async () => {
          let letGo: () => void = () => undefined;
          const held = new Promise<never>((_resolve, reject) => {
            letGo = () => reject(new Error('given up by the test'));
          });
          const holdAll = () =>
            (['transaction', 'sharedTransaction'] as const).map((name) =>
              jest.spyOn(api.services.database, name).mockImplementation(() => held),
            );
          const mocks = holdAll();
          const first = call(method, path, keyed('held'));
          await waitFor(() => mocks.find(({ mock }) => mock.calls.length > 0), 'the first');
          // That the repeat is refused is recorded, in a transaction of its own.
          mocks.forEach((mock) => mock.mockRestore());
          const { status, headers, body: problem } = await call(method, path, keyed('held'));
          holdAll();
          letGo();
          await first;
          jest.restoreAllMocks();
          expect(status).toBe(409);
          expect(problem).toMatchObject({ code: 'idempotency.in_progress' });
          expect(headers.get('retry-after')).toBe('1');
        }, 'idempotency.in_progress'));
    }

    it('429: a client beyond its limit is told when to come back; nothing changes, and nothing is recorded', () =>
      unchanged(async () => {
        const full = { allowed: false, limit: 500, remaining: 0 };
        jest.spyOn(api.services.rateLimits, 'take').mockReturnValueOnce(full);
        const { status, headers, body: problem } = await call(method, path, sent);
        expect(status).toBe(429);
        expect(problem).toMatchObject({ code: 'rate_limit.exceeded' });
        expect(headers.get('retry-after')).toBe('1');
      }));

    it('500: a fault of ours tells nobody what it was, and changes nothing (I7)', () =>
      unchanged(async () => {
        const { database } = api.services;
        const fault = () => Promise.reject(new Error('row of ada@example.com is broken'));
        const mocks = (['query', 'queryPrimary', 'transaction', 'sharedTransaction', 'find'] as const).map(
          (name) => jest.spyOn(database, name).mockImplementation(fault),
        );
        const { status, body: problem } = await call(method, path, sent);
        mocks.forEach((mock) => mock.mockRestore());
        expect(status).toBe(500);
        expect(problem).toMatchObject({ code: 'service.internal' });
        expect(JSON.stringify(problem)).not.toContain('broken');
      }));

    it('503: the database is away; the caller is told to come back, and nothing changes', () =>
      unchanged(async () => {
        const { dataSource } = api.services.database;
        await dataSource.destroy();
        const { status, headers, body: problem } = await call(method, path, sent);
        await dataSource.initialize();
        expect(status).toBe(503);
        expect(problem).toMatchObject({ code: 'service.busy' });
        expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
      }));

    it('every status that the contract lists was produced', () => {
      expect([...seen].sort()).toEqual([...statuses].sort());
    });
  });
}
