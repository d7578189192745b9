import { forgetAnswersAbout } from '../../../src/http/idempotency/key-queries';
import { clientToken, FAR_FUTURE, getUser, newUser, type ProblemBody } from '../../api/support/fixtures';
import { rowsOf, snapshotOf } from '../../api/support/tables';
import { waitFor } from '../../support/processes';
import type { Answer } from '../../support/http-client';
import { startTestApi, type TestApi } from '../../support/test-api';

const replayed = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true';
const codeOf = ({ body }: Answer) => (body as ProblemBody).code;

describe('Idempotency-Key (draft-ietf-httpapi-idempotency-key-header-07)', () => {
  let api: TestApi;
  let userId: number;
  let lastKey = 0;
  const newKey = () => `key ${++lastKey}`;
  beforeAll(async () => {
    api = await startTestApi({ LOG_LEVEL: 'silent' });
  });
  beforeEach(async () => {
    userId = (await newUser(api)).id;
  });
  afterEach(() => {
    api.clock.shiftMs = 0;
    jest.restoreAllMocks();
  });
  afterAll(() => api.close());

  const block = (key: string, { headers = {}, ...more }: Parameters<TestApi['call']>[2] = {}) =>
    api.call('PATCH', `/api/v1/users/${userId}/block`, {
      ...more,
      headers: { 'idempotency-key': key, ...headers },
    });
  /** On a busy machine the first may take its second, and a repeat comes back, as it is told to. */
  const answered = (...request: Parameters<typeof block>) =>
    waitFor(async () => {
      const answer = await block(...request);
      return answer.status === 409 ? undefined : answer;
    }, 'an answer');
  const storedKeys = async () => (await rowsOf(api.services.database, 'idempotency_keys')).length;

  describe('the same request', () => {
    it('that comes twenty times at once runs once, and each is answered the same', async () => {
      const key = newKey();
      const headers = { prefer: 'return=representation' };
      const answers = await Promise.all(Array.from({ length: 20 }, () => answered(key, { headers })));
      expect(new Set(answers.map(({ status, body }) => JSON.stringify([status, body]))).size).toBe(1);
      expect(answers[0]?.status).toBe(200);
      expect(answers.filter((answer) => !replayed(answer))).toHaveLength(1);
      expect((await getUser(api, userId)).accessEpoch).toBe(2);
    });

    it('runs anew under another key', async () => {
      await block(newKey());
      await block(newKey());
      expect((await getUser(api, userId)).accessEpoch).toBe(3);
    });

    it('is the same with its members in another order, and its key in quotes or bare (RFC 9651, section 3.3.3)', async () => {
      const key = newKey();
      await block(key, { body: { suspensionReason: 'x', triggerWebhook: true } });
      const again = await block(`"${key}"`, { body: { triggerWebhook: true, suspensionReason: 'x' } });
      expect([again.status, replayed(again)]).toEqual([204, true]);
    });

    it('is repeated when the coalescer put it into a group with others', async () => {
      const users = await Promise.all(Array.from({ length: 12 }, () => newUser(api)));
      const round = () =>
        Promise.all(
          users.map(({ id }) =>
            api.call('PATCH', `/api/v1/users/${id}/block`, { headers: { 'idempotency-key': `group ${id}` } }),
          ),
        );
      expect((await round()).map(replayed)).toEqual(users.map(() => false));
      expect((await round()).map(replayed)).toEqual(users.map(() => true));
      const epochs = await Promise.all(users.map(async ({ id }) => (await getUser(api, id)).accessEpoch));
      expect(epochs).toEqual(users.map(() => 2));
    });
  });

  describe('another request under the key of one is 422, and changes nothing:', () => {
    let key: string;
    beforeEach(async () => {
      key = newKey();
      await block(key, { body: { suspensionReason: 'first' } });
    });
    const refused = async (answer: () => Promise<Answer>) => {
      const before = await snapshotOf(api.services.database);
      const { status, body } = await answer();
      expect(await snapshotOf(api.services.database)).toEqual(before);
      expect([status, (body as ProblemBody).code]).toEqual([422, 'idempotency.key_reused']);
    };

    it('another body', () => refused(() => block(key, { body: { suspensionReason: 'second' } })));
    it('another Prefer', () =>
      refused(() =>
        block(key, { body: { suspensionReason: 'first' }, headers: { prefer: 'return=representation' } }),
      ));
    it('another If-Match', () =>
      refused(() => block(key, { body: { suspensionReason: 'first' }, headers: { 'if-match': '*' } })));
    it('another path', () =>
      refused(() =>
        api.call('PATCH', `/api/v1/users/${userId}/unblock`, { headers: { 'idempotency-key': key } }),
      ));
    it('another method', () =>
      refused(() =>
        api.call('DELETE', `/api/v1/users/${userId}/sessions`, { headers: { 'idempotency-key': key } }),
      ));
  });

  it('a key is a client’s own', async () => {
    const key = newKey();
    await block(key);
    const other = await block(key, { token: await clientToken(api, 'users:block') });
    expect([other.status, replayed(other)]).toEqual([204, false]);
    expect((await getUser(api, userId)).accessEpoch).toBe(3);
  });

  it('a repeat waits for the first to be answered, and for no longer than a second', async () => {
    const { database } = api.services;
    let letGo: () => void = () => undefined;
    const wanted = new Promise<void>((resolve) => (letGo = resolve));
    const real = database.sharedTransaction.bind(database);
    const held = jest
      .spyOn(database, 'sharedTransaction')
      .mockImplementationOnce(async (claiming, work) => wanted.then(() => real(claiming, work)));
    const key = newKey();
    const first = block(key);
    await waitFor(() => held.mock.calls.length || undefined, 'the first');
    const asked = performance.now();
    const late = await block(key);
    expect([late.status, codeOf(late)]).toEqual([409, 'idempotency.in_progress']);
    expect(performance.now() - asked).toBeGreaterThan(900);
    const waiting = answered(key);
    letGo();
    expect([(await first).status, replayed(await first)]).toEqual([204, false]);
    expect([(await waiting).status, replayed(await waiting)]).toEqual([204, true]);
  });

  it('settles what a connection that was lost during COMMIT has left open: nothing runs twice (I3)', async () => {
    const { engine } = api.services.database;
    const send = engine.send.bind(engine);
    jest.spyOn(engine, 'send').mockImplementation(async (connection, script, count) => {
      const results = await send(connection, script, count);
      if (script.includes('UPDATE idempotency_keys') && script.endsWith('COMMIT')) throw new Error('lost');
      return results;
    });
    const key = newKey();
    const unknown = await block(key);
    expect([unknown.status, codeOf(unknown)]).toEqual([503, 'service.outcome_unknown']);
    jest.restoreAllMocks();
    const repeat = await block(key);
    expect([repeat.status, replayed(repeat)]).toEqual([204, true]);
    expect((await getUser(api, userId)).accessEpoch).toBe(2);
  });

  describe('what is kept', () => {
    it('a refusal of the change: it stands, whatever has changed since', async () => {
      const path = '/api/v1/users/77/block';
      const headers = { 'idempotency-key': newKey() };
      const first = await api.call('PATCH', path, { headers });
      await newUser(api, { id: 77 });
      const second = await api.call('PATCH', path, { headers });
      expect([first.status, second.status, replayed(second)]).toEqual([404, 404, true]);
      expect(second.body).toEqual(first.body);
    });

    it('a refusal by a unique key', async () => {
      const create = () =>
        api.call('POST', '/api/v1/users', {
          body: { id: userId },
          headers: { 'idempotency-key': 'a taken id' },
        });
      const [first, second] = [await create(), await create()];
      expect([first.status, replayed(first)]).toEqual([409, false]);
      expect([second.status, replayed(second)]).toEqual([409, true]);
      expect(second.body).toEqual(first.body);
    });

    it('409 and 412 of a block', async () => {
      const key = newKey();
      const stale = { 'if-match': '"stale"' };
      const first = await block(key, { headers: stale });
      const second = await block(key, { headers: stale });
      expect([first.status, second.status, replayed(second)]).toEqual([412, 412, true]);
    });

    it('no 400, no 401, no 403: the same key may go on with the right request', async () => {
      const key = newKey();
      expect((await block(key, { body: { triggerWebhook: 'yes' } })).status).toBe(400);
      expect((await block(key, { token: 'a.b.c' })).status).toBe(401);
      expect((await block(key, { token: await clientToken(api, 'users:read') })).status).toBe(403);
      const right = await block(key);
      expect([right.status, replayed(right)]).toEqual([204, false]);
    });

    it('no 403 of a sign-in that was refused inside', async () => {
      await api.call('PATCH', `/api/v1/users/${userId}/block`);
      const key = newKey();
      const signIn = () =>
        api.call('POST', `/api/v1/users/${userId}/sessions`, {
          body: { clientId: 'web', expiresAt: FAR_FUTURE },
          headers: { 'idempotency-key': key },
        });
      expect((await signIn()).status).toBe(403);
      await api.call('PATCH', `/api/v1/users/${userId}/unblock`);
      const allowed = await signIn();
      expect([allowed.status, replayed(allowed)]).toEqual([201, false]);
    });

    it('no 429, no 500, no 503', async () => {
      const key = newKey();
      const { database, rateLimits } = api.services;
      jest.spyOn(rateLimits, 'take').mockReturnValueOnce({ allowed: false, limit: 1, remaining: 0 });
      expect((await block(key)).status).toBe(429);
      const ours = jest.spyOn(database, 'sharedTransaction').mockRejectedValue(new Error('ours'));
      expect((await block(key)).status).toBe(500);
      ours.mockRestore();
      await database.dataSource.destroy();
      expect((await block(key)).status).toBe(503);
      await database.dataSource.initialize();
      const right = await block(key);
      expect([right.status, replayed(right)]).toEqual([204, false]);
    });

    it('nothing of a request without a key, or of one that changes nothing', async () => {
      const before = await storedKeys();
      await api.call('PATCH', `/api/v1/users/${userId}/block`);
      await api.call('GET', `/api/v1/users/${userId}`, { headers: { 'idempotency-key': newKey() } });
      expect(await storedKeys()).toBe(before);
    });

    it('for 24 hours, by the clock of the database', async () => {
      const key = newKey();
      await block(key);
      api.clock.shiftMs = 24 * 3_600_000 - 60_000;
      expect(replayed(await block(key))).toBe(true);
      api.clock.shiftMs = 24 * 3_600_000 + 60_000;
      expect(replayed(await block(key))).toBe(false);
      expect(replayed(await block(key))).toBe(true);
      expect((await getUser(api, userId)).accessEpoch).toBe(3);
    });
  });

  describe('I7', () => {
    it('answers stand encrypted, and neither key nor request can be read', async () => {
      const key = 'a key that nobody may read';
      const headers = { 'idempotency-key': key };
      const body = { email: 'grace@example.com', firstName: 'Grace' };
      await api.call('POST', '/api/v1/users', { body, headers });
      const stored = JSON.stringify(await rowsOf(api.services.database, 'idempotency_keys'));
      for (const secret of [key, 'grace', 'Grace', 'firstName']) expect(stored).not.toContain(secret);
      expect((await api.call('POST', '/api/v1/users', { body, headers })).body).toMatchObject(body);
    });

    it('a secret that is shown once is not shown by a repeat, and is not kept', async () => {
      const body = { url: 'http://127.0.0.1:9/hook', eventTypes: ['user.blocked'] };
      const headers = { 'idempotency-key': newKey() };
      const first = await api.call('POST', '/api/v1/webhook-endpoints', { body, headers });
      const second = await api.call('POST', '/api/v1/webhook-endpoints', { body, headers });
      const { secret, ...shown } = first.body as Record<string, unknown>;
      expect(secret).toMatch(/^whsec_/);
      expect([second.status, second.body]).toEqual([201, shown]);
    });

    it('the answers about a user who is erased are forgotten; what has run does not run again', async () => {
      const headers = { 'idempotency-key': newKey() };
      const body = { email: 'gone@example.com' };
      const { id } = (await api.call('POST', '/api/v1/users', { body, headers })).body as { id: number };
      await api.services.database.query(forgetAnswersAbout(id));
      const before = await snapshotOf(api.services.database);
      const again = await api.call('POST', '/api/v1/users', { body, headers });
      expect([again.status, codeOf(again)]).toEqual([409, 'idempotency.answer_erased']);
      expect(await snapshotOf(api.services.database)).toEqual(before);
    });
  });

  it.each(['', 'x'.repeat(256), 'tab\there', 'schlüssel'])('400: the key %j is none (I8)', async (key) => {
    const answer = await fetch(`${api.url}/api/v1/users/${userId}/block`, {
      method: 'PATCH',
      headers: {
        'idempotency-key': key,
        authorization: `Bearer ${await api.issuer.tokenFor('admin')}`,
      },
    });
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as ProblemBody;
    expect(errors?.map(({ pointer }) => pointer)).toContain('/headers/idempotency-key');
  });
});
