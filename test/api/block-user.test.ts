import { startTestApi, type TestApi } from '../support/test-api';

describe('PATCH /api/v1/users/{userId}/block', () => {
  let api: TestApi;

  beforeAll(async () => {
    api = await startTestApi();
  });
  afterAll(() => api.close());

  const newUser = async (): Promise<number> => {
    const { body } = await api.call('POST', '/api/v1/users', { body: { email: 'ada@example.com' } });
    return (body as { id: number }).id;
  };

  it('204: kills every session with the answer (I1)', async () => {
    const id = await newUser();
    const { body: session } = await api.call('POST', `/api/v1/users/${id}/sessions`, {
      body: { clientId: 'web', expiresAt: '2099-12-31T23:59:59Z' },
    });
    const { status } = await api.call('PATCH', `/api/v1/users/${id}/block`);
    expect(status).toBe(204);
    const { body } = await api.call(
      'GET',
      `/api/v1/sessions/${(session as { sessionId: string }).sessionId}`,
    );
    expect(body).toMatchObject({ active: false, epoch: 1 });
  });
});
