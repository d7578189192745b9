import { newEndpoint, newUser } from '../../api/support/fixtures';
import { refusalsOf, rowsOf } from '../../api/support/tables';
import { startTestApi } from '../../support/test-api';
import { type CometchatStage, startCometchat } from './support/cometchat-client';

describe('CometChat’s limits and paths', () => {
  let stage: CometchatStage;
  beforeAll(
    async () => (stage = await startCometchat({ RATE_LIMIT_COMETCHAT: '3', COMETCHAT_NOTIFY: 'email' })),
  );
  afterAll(() => stage.api.close());

  /** The clock stands still, in a second of which nothing has been used. */
  let second = Math.floor(Date.now() / 1000);
  beforeEach(() => {
    jest.spyOn(Date, 'now').mockReturnValue(++second * 1000);
  });
  afterEach(() => jest.restoreAllMocks());

  it('429 with Retry-After and X-Rate-Limit-Reset; on the rest how many are left, of each key by itself', async () => {
    const get = () => stage.call('GET', '/users');
    const answers = [await get(), await get(), await get(), await get()];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 429]);
    expect(answers.map(({ headers }) => headers.get('x-rate-limit-remaining'))).toEqual(['2', '1', '0', '0']);
    expect(new Set(answers.map(({ headers }) => headers.get('x-rate-limit')))).toEqual(new Set(['3']));
    expect(answers[3]?.body).toMatchObject({ error: { code: 'ERR_TOO_MANY_REQUESTS', details: {} } });
    expect(answers[3]?.headers.get('retry-after')).toBe('1');
    expect(answers[3]?.headers.get('x-rate-limit-reset')).toBe(String(second + 1));
    expect(answers[2]?.headers.get('x-rate-limit-reset')).toBeNull();
    const { key } = await stage.newKey();
    expect((await stage.call('GET', '/users', { key })).status).toBe(200);
    jest.spyOn(Date, 'now').mockReturnValue(++second * 1000);
    expect((await get()).status).toBe(200);
  });

  it('what a key may not do counts, too: it could fill the audit trail otherwise', async () => {
    const { key } = await stage.newKey({ access: 'read' });
    const statuses: number[] = [];
    for (let sent = 0; sent < 5; sent++) {
      statuses.push((await stage.call('DELETE', '/users/a', { key })).status);
    }
    expect(statuses).toEqual([403, 403, 403, 429, 429]);
    expect(await refusalsOf(stage.api.services.database)).toHaveLength(3);
  });

  it.each(['/v3', '/v3/', '/v3/userss', '/v3/users/', '/v3/users/a/friends', '/v3/users/a/blockedusers/b'])(
    '%s is none of CometChat’s paths, and answered as there',
    async (path) => {
      const response = await fetch(`${stage.api.url}${path}`, { headers: { apikey: stage.full.key } });
      expect([response.status, await response.json()]).toEqual([
        404,
        {
          error: {
            code: 'ERR_API_NOT_FOUND',
            message: 'The API endpoint is invalid. Please verify the API call.',
            details: {},
          },
        },
      ]);
    },
  );

  it('a method that a path does not have is 405', async () => {
    const answer = await stage.call('PATCH', '/users/a');
    expect([answer.status, answer.body]).toMatchObject([405, { error: { code: 'ERR_BAD_REQUEST' } }]);
  });

  it('/v33 and our own paths are not its own', async () => {
    for (const path of ['/v33', '/api/v1/users/v3']) {
      const response = await fetch(`${stage.api.url}${path}`);
      expect(response.headers.get('content-type')).toContain('application/problem+json');
    }
  });

  it('tells whom COMETCHAT_NOTIFY names, in place of the webhooks', async () => {
    await newEndpoint(stage.api, ['user.deactivated']);
    const { uid } = await newUser(stage.api, { uid: 'told-by-mail', email: 'ada@example.com' });
    await stage.call('DELETE', `/users/${uid}`);
    const told = await rowsOf(stage.api.services.database, 'deliveries');
    expect(told.map(({ channel }) => channel as string)).toEqual(['email']);
  });

  it('shows its contracts beside ours, which knows nothing of them', async () => {
    for (const name of ['cometchat', 'cometchat-keys']) {
      const contract = (await (await fetch(`${stage.api.url}/openapi/${name}.json`)).json()) as object;
      expect(Object.keys((contract as { paths: object }).paths)).not.toHaveLength(0);
      expect((await fetch(`${stage.api.url}/docs/${name}`)).status).toBe(200);
    }
    expect(await (await fetch(`${stage.api.url}/openapi.json`)).text()).not.toMatch(/cometchat/i);
  });
});

it('where the dialect is off there is nothing: our own 404', async () => {
  const api = await startTestApi();
  try {
    for (const path of ['/v3/users', '/api/v1/cometchat/api-keys', '/docs/cometchat']) {
      const { status, body } = await api.call('GET', path);
      expect([path, status, body]).toMatchObject([path, 404, { code: 'request.unknown_path' }]);
    }
  } finally {
    await api.close();
  }
});
