import { encodeCursor } from '../../src/access/feed/cursor';
import { sql } from '../../src/database/sql';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, done, newSession, newUser } from './support/fixtures';

type Revocations = components['schemas']['Revocations'];

const FEED = '/api/v1/revocations';

describeOperation('pollRevocations', {}, (test) => {
  const poll = async (query: Record<string, string> = {}): Promise<Revocations> => {
    const answer = await test.call('GET', `${FEED}?${String(new URLSearchParams(query))}`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    return answer.body;
  };
  /** Where the feed ends. */
  const end = async (): Promise<string> => {
    let { next, more } = await poll();
    while (more) ({ next, more } = await poll({ after: next }));
    return next;
  };

  it('200: each end of access, whatever caused it, once and in order (I1)', async () => {
    const after = await end();
    const { id, uid } = await newUser(test.api);
    const other = await newUser(test.api);
    const { sessionId } = await newSession(test.api, id);
    await change(test.api, 'block', id);
    await change(test.api, 'unblock', id);
    await done(test.api, 'DELETE', `/api/v1/sessions/${sessionId}`);
    await done(test.api, 'DELETE', `/api/v1/users/${id}/sessions`);
    await done(test.api, 'DELETE', `/api/v1/users/${id}`);
    await done(test.api, 'DELETE', `/api/v1/users/${other.id}`, { permanent: true });
    const { items, next, more, maxTokenLifetime, clockSkew } = await poll({ after });
    expect(items).toMatchObject([
      { uid, epoch: 2 },
      { uid, epoch: 3 },
      { uid, sid: sessionId, epoch: 3 },
      { uid, epoch: 4 },
      { uid, epoch: 5 },
      { uid: other.uid, epoch: 2 },
    ]);
    expect(items.filter((item) => 'sid' in item)).toHaveLength(1);
    expect([more, maxTokenLifetime, clockSkew]).toEqual([false, 3600, 5]);
    expect(await poll({ after: next })).toEqual({ items: [], next, more, maxTokenLifetime, clockSkew });
  });

  it('200: page by page, each once', async () => {
    const after = await end();
    const uids: string[] = [];
    for (let n = 0; n < 3; n++) {
      const { id, uid } = await newUser(test.api);
      await change(test.api, 'block', id);
      uids.push(uid);
    }
    const first = await poll({ after, limit: '2' });
    const second = await poll({ after: first.next, limit: '2' });
    expect([first.more, second.more]).toEqual([true, false]);
    expect([...first.items, ...second.items].map(({ uid }) => uid)).toEqual(uids);
  });

  it('200: the backlog begins with what concerns a token that may still live', async () => {
    const { id, uid } = await newUser(test.api);
    await change(test.api, 'block', id);
    const told = async () => (await poll({ limit: '10000' })).items.map((item) => item.uid);
    expect(await told()).toContain(uid);
    const { database } = test.api.services;
    const days = new Date(Date.now() - 86_400_000);
    await database.query(sql`UPDATE access_revocations SET revoked_at = ${days}`);
    const { id: later, uid: laterUid } = await newUser(test.api);
    await change(test.api, 'block', later);
    // Where the backlog begins is known for a while, and has moved on by then.
    test.api.clock.shiftMs = 1;
    const fresh = (await poll({ limit: '10000' })).items.map((item) => item.uid);
    test.api.clock.shiftMs = 0;
    expect(fresh.at(-1)).toBe(laterUid);
  });

  it('200: a poll that waits is answered by what happens meanwhile', async () => {
    const after = await end();
    const { id, uid } = await newUser(test.api);
    const waiting = poll({ after, wait: '30' });
    await change(test.api, 'block', id);
    expect((await waiting).items).toMatchObject([{ uid }]);
  });

  it('200: a wait that is over is answered with nothing, and the same place', async () => {
    const after = await end();
    const begun = performance.now();
    const { items, next } = await poll({ after, wait: '0.2' });
    expect([items, next]).toEqual([[], after]);
    expect(performance.now() - begun).toBeGreaterThan(190);
  });

  it('200: the scope of the feed is enough', async () => {
    const token = await clientToken(test.api, 'revocations:read');
    expect((await test.call('GET', FEED, { token })).status).toBe(200);
  });

  it('410: a cursor of a history that this database never had', async () => {
    const ahead = { high: 9_999_999, gaps: [], top: 9_999_999, topAt: Date.now(), digest: '' };
    const path = `${FEED}?wait=30&after=${encodeCursor(ahead)}`;
    const { status, body } = await test.call('GET', path);
    expect([status, body]).toMatchObject([410, { code: 'revocations.cursor_unknown' }]);
  });

  it.each([
    ['after=', '/query/after'],
    ['after=nonsense', '/query/after'],
    ['after=1.1.1.1..%20', '/query/after'],
    [`after=${'x'.repeat(4_001)}`, '/query/after'],
    ['wait=-1', '/query/wait'],
    ['wait=31', '/query/wait'],
    ['wait=soon', '/query/wait'],
    ['limit=0', '/query/limit'],
    ['limit=10001', '/query/limit'],
    ['instance=a%20b&lease=5000', '/query/instance'],
    [`instance=${'x'.repeat(101)}&lease=5000`, '/query/instance'],
    ['instance=a&lease=99', '/query/lease'],
    ['instance=a&lease=60001', '/query/lease'],
    ['instance=a', '/query/lease'],
    ['lease=5000', '/query/instance'],
    ['since=1', '/query/since'],
  ])('400: %s names the parameter (I8)', async (query, pointer) => {
    const { status, body } = await test.call('GET', `${FEED}?${query}`);
    expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
  });
});
