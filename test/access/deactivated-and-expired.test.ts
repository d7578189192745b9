import { sql } from '../../src/database/sql';
import { change, getUser, isActive, newSession, newUser, type UserBody } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';

let api: TestApi;
let ada: UserBody;
beforeAll(async () => {
  api = await startTestApi();
});
beforeEach(async () => {
  ada = await newUser(api);
});
afterEach(() => {
  api.clock.shiftMs = 0;
});
afterAll(() => api.close());

const signIn = (expiresAt: string) =>
  api.call('POST', `/api/v1/users/${ada.id}/sessions`, { body: { clientId: 'web', expiresAt } });
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();

describe('who may sign in', () => {
  it('not a deactivated user, and a block or unblock does not reactivate her', async () => {
    await api.services.database.query(
      sql`UPDATE users SET deactivated_at = ${new Date()} WHERE id = ${ada.id}`,
    );
    const refused = await signIn(inMs(60_000));
    expect([refused.status, (refused.body as { code: string }).code]).toEqual([403, 'user.deactivated']);
    expect(await change(api, 'block', ada.id)).toMatchObject({ status: 'deactivated', changed: true });
    expect(await change(api, 'unblock', ada.id)).toMatchObject({ status: 'deactivated', changed: true });
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'deactivated', isSuspended: false });
  });

  it('a user whose suspension has run out by the clock of the database, from that moment on', async () => {
    await change(api, 'block', ada.id);
    const until = new Date(Date.now() + 3_600_000);
    await api.services.database.query(sql`UPDATE users SET suspended_until = ${until} WHERE id = ${ada.id}`);
    expect((await signIn(inMs(86_400_000))).status).toBe(403);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'suspended', isSuspended: true });
    api.clock.shiftMs = 3_600_000;
    expect((await signIn(inMs(86_400_000))).status).toBe(201);
    expect(await getUser(api, ada.id)).toMatchObject({ status: 'active', isSuspended: false });
  });
});

describe('a session', () => {
  it('ends by the clock of the database, whatever the clock of this process says', async () => {
    const { sessionId } = await newSession(api, ada.id, { expiresAt: inMs(60_000) });
    expect(await isActive(api, sessionId)).toBe(true);
    api.clock.shiftMs = 60_000;
    expect(await isActive(api, sessionId)).toBe(false);
    expect((await signIn(inMs(60_000))).status).toBe(400);
  });

  it('I2: that has expired does not come alive by an unblock', async () => {
    const { sessionId } = await newSession(api, ada.id, { expiresAt: inMs(60_000) });
    api.clock.shiftMs = 60_000;
    await change(api, 'block', ada.id);
    await change(api, 'unblock', ada.id);
    expect(await isActive(api, sessionId)).toBe(false);
  });

  it('I2: that was revoked by itself stays dead, and its id is never accepted again', async () => {
    const sessionId = `own-${ada.id}`;
    await newSession(api, ada.id, { sessionId });
    await api.call('DELETE', `/api/v1/sessions/${sessionId}`);
    await change(api, 'block', ada.id);
    await change(api, 'unblock', ada.id);
    expect(await isActive(api, sessionId)).toBe(false);
    await expect(newSession(api, ada.id, { sessionId })).rejects.toThrow('409');
  });
});
