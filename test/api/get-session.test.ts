import { describeOperation } from './support/describe-operation';
import { newSession } from './support/fixtures';

const missing = { path: '/api/v1/sessions/never-seen', code: 'session.not_found' };

describeOperation('getSession', { missing }, (test) => {
  const get = (sessionId: string) => test.call('GET', `/api/v1/sessions/${encodeURIComponent(sessionId)}`);

  afterEach(() => {
    test.api.clock.shiftMs = 0;
  });

  it('200: active until its expiry by the clock of the database, not a moment longer', async () => {
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const { sessionId } = await newSession(test.api, 101, { expiresAt });
    expect((await get(sessionId)).body).toMatchObject({ sessionId, expiresAt, active: true });
    test.api.clock.shiftMs = 3_600_001;
    expect((await get(sessionId)).body).toMatchObject({ active: false });
  });

  it('200: a session id is found byte by byte', async () => {
    await newSession(test.api, 101, { sessionId: 'Case' });
    expect((await get('Case')).status).toBe(200);
    for (const other of ['case', 'CASE', '%', 'Cas_', "Case'"]) expect((await get(other)).status).toBe(404);
  });

  it.each([' ', 'Case ', '\u0000', 'ä', 'a'.repeat(256)])(
    '400: the id %j names the path (I8)',
    async (id) => {
      const { status, body } = await get(id);
      expect(status).toBe(400);
      expect(body).toMatchObject({ errors: [{ pointer: '/path/sessionId' }] });
    },
  );
});
