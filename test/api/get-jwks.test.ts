import { createRemoteJWKSet, jwtVerify } from 'jose';
import { type Call, createClient } from '../support/http-client';
import { startTestApi, type TestApi } from '../support/test-api';
import type { ProblemBody } from './support/fixtures';

const JWKS = '/jwks.json';

describe('GET /jwks.json', () => {
  let api: TestApi;
  let anonymous: Call;
  beforeAll(async () => {
    api = await startTestApi({ LOG_LEVEL: 'silent' });
    anonymous = createClient(api.url);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => api.close());

  it('200: to everybody, to be kept for less than a new key is published before it signs', async () => {
    const { status, headers, body } = await anonymous('GET', JWKS);
    expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=600']);
    expect((body as { keys: unknown[] }).keys).toHaveLength(1);
  });

  it('200: verifies what the service signs', async () => {
    const token = await api.services.signingKeys.sign({ jti: '7' }, { typ: 'secevent+jwt' });
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(`${api.url}${JWKS}`)), {
      typ: 'secevent+jwt',
      algorithms: ['RS256'],
    });
    expect(payload.jti).toBe('7');
  });

  it('400: it takes no parameters (I8)', async () => {
    const { status, body } = await anonymous('GET', `${JWKS}?kid=1`);
    expect([status, (body as ProblemBody).code]).toEqual([400, 'request.invalid']);
  });

  it('500 and 503: where the keys cannot be had; no internals are shown (I7)', async () => {
    // Past what the process keeps.
    const monotonic = performance.now();
    jest.spyOn(performance, 'now').mockReturnValue(monotonic + 60_000);
    const { database } = api.services;
    jest.spyOn(database, 'queryPrimary').mockRejectedValueOnce(new Error('hunter2'));
    const failed = await anonymous('GET', JWKS);
    expect([failed.status, JSON.stringify(failed.body).includes('hunter2')]).toEqual([500, false]);
    await database.dataSource.destroy();
    const { status } = await anonymous('GET', JWKS);
    await database.dataSource.initialize();
    expect(status).toBe(503);
  });
});
