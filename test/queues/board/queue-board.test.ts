import { newUuid } from '../../../src/database/uuid';
import { clientToken, userToken } from '../../api/support/fixtures';
import { waitFor } from '../../support/processes';
import { startTestApi, type TestApi } from '../../support/test-api';

const BOARD = '/queues';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi({ QUEUE_BOARD: 'true', LOG_LEVEL: 'silent' });
});
afterAll(() => api.close());

const visit = (path: string, init: RequestInit = {}, to = api) =>
  fetch(`${to.url}${BOARD}${path}`, { redirect: 'manual', ...init });
const asPage = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const goodToken = () => clientToken(api, 'webhooks:manage');

const signIn = (token: string, headers: Record<string, string> = {}) =>
  visit('/sign-in', { method: 'POST', headers, body: new URLSearchParams({ token }) });

describe('the board of the queues', () => {
  it('is not there unless it is asked for', async () => {
    const without = await startTestApi({ LOG_LEVEL: 'silent' });
    try {
      for (const path of ['', '/', '/sign-in', '/api/queues', '/static/images/logo.svg'])
        expect((await visit(path, { headers: bearer(await goodToken()) }, without)).status).toBe(404);
    } finally {
      await without.close();
    }
  });

  it('stands off the public port, where there is another', async () => {
    const behind = await startTestApi({ QUEUE_BOARD: 'true', ADMIN_PORT: '0', LOG_LEVEL: 'silent' });
    try {
      expect((await visit('/', {}, behind)).status).toBe(404);
    } finally {
      await behind.close();
    }
  });

  it.each(['', '/', '/api/queues', '/api/redis/stats', '/static/images/logo.svg', '/queue/webhooks'])(
    'I7: shows a stranger nothing at %j',
    async (path) => {
      const answer = await visit(path);
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(await answer.json()).toMatchObject({ code: 'auth.missing_token' });
    },
  );

  it('asks a person for a token, on a page that runs no script', async () => {
    const answer = await visit('/', { headers: asPage });
    const page = await answer.text();
    expect(answer.status).toBe(401);
    expect(page).toContain(`<form method="post" action="${BOARD}/sign-in">`);
    expect(page).not.toContain('<script');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('shows what is queued to a system client that may manage webhooks, ids alone', async () => {
    const deliveryId = newUuid();
    await api.services.queues.add('webhooks', [{ deliveryId, attempt: 1 }]);
    const headers = bearer(await goodToken());
    const found = await waitFor(async () => {
      const answer = await visit('/api/queues?activeQueue=webhooks&page=1&jobsPerPage=10', { headers });
      expect(answer.status).toBe(200);
      const { queues } = (await answer.json()) as { queues: BoardQueue[] };
      expect(queues.map(({ name, readOnlyMode }) => [name, readOnlyMode])).toEqual([
        ['webhooks', true],
        ['emails', true],
        ['security-events', true],
        ['logouts', true],
      ]);
      return queues[0]?.jobs.find(({ data }) => data.deliveryId === deliveryId);
    }, 'the job');
    expect(found.data).toEqual({ deliveryId, attempt: 1 });
  });

  it.each(['/', '/static/images/logo.svg', '/queue/webhooks', '/api/queues/emails/workers'])(
    'serves %s with its headers against scripts of others',
    async (path) => {
      const answer = await visit(path, { headers: bearer(await goodToken()) });
      expect(answer.status).toBe(200);
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
      expect(answer.headers.get('x-powered-by')).toBeNull();
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
      expect(answer.headers.get('cache-control')).toContain('no-store');
    },
  );

  it.each([
    ['another scope', () => clientToken(api, 'users:read', 'users:block')],
    ['a user', () => userToken(api, 'webhooks:manage', 'system_api')],
  ])('403: %s is not enough', async (_who, token) => {
    const answer = await visit('/api/queues', { headers: bearer(await token()) });
    expect(answer.status).toBe(403);
    expect((await signIn(await token())).status).toBe(403);
  });

  it.each([
    ['PUT', '/api/queues/pause'],
    ['PUT', '/api/queues/webhooks/pause'],
    ['PUT', '/api/queues/webhooks/empty'],
    ['PUT', '/api/queues/webhooks/obliterate'],
    ['POST', '/api/queues/webhooks/add'],
    ['DELETE', '/api/queues/webhooks'],
  ])('405: nothing is changed through it, as by %s %s', async (method, path) => {
    const answer = await visit(path, { method, headers: bearer(await goodToken()) });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  });
});

interface BoardQueue {
  name: string;
  readOnlyMode: boolean;
  jobs: { data: { deliveryId: string } }[];
}

describe('signing in to the board', () => {
  const cookieOf = (answer: Response) => answer.headers.get('set-cookie') ?? '';

  it('keeps the token in a cookie that no script reads, no other site sends and that ends with it', async () => {
    const exp = Math.floor(Date.now() / 1000) + 900;
    const token = await api.issuer.sign({ sub: 'c', client_id: 'c', scope: 'webhooks:manage', exp });
    const answer = await signIn(`  ${token}\n`);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, `${BOARD}/`]);
    const cookie = cookieOf(answer);
    expect(cookie).toContain(`Path=${BOARD};`);
    expect(cookie).toContain('HttpOnly');
    expect(cookie).toContain('SameSite=Strict');
    expect(Date.parse(/Expires=([^;]+)/.exec(cookie)?.[1] ?? '') / 1000).toBe(exp);
    const shown = await visit('/', { headers: { ...asPage, cookie: cookie.split(';')[0] ?? '' } });
    expect(shown.status).toBe(200);
    expect(await shown.text()).toContain('Portcullis queues');
  });

  it('marks the cookie as one for https, where the request came by it', async () => {
    const forwarded = { 'x-forwarded-proto': 'https' };
    expect(cookieOf(await signIn(await goodToken(), forwarded))).not.toContain('Secure');
    const proxied = await startTestApi({
      QUEUE_BOARD: 'true',
      TRUSTED_PROXIES: '127.0.0.1/32',
      LOG_LEVEL: 'silent',
    });
    try {
      const token = await clientToken(proxied, 'webhooks:manage');
      const init = { method: 'POST', headers: forwarded, body: new URLSearchParams({ token }) };
      expect(cookieOf(await visit('/sign-in', init, proxied))).toContain('Secure');
    } finally {
      await proxied.close();
    }
  });

  it.each([
    ['no token', '', 401],
    ['none that we can read', 'a.b.c', 401],
    ['one that is too long for a cookie', 'x'.repeat(4_001), 400],
  ])('says why it takes %s, sets no cookie and does not repeat it', async (_what, token, status) => {
    const answer = await signIn(token);
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([status, null]);
    const page = await answer.text();
    expect(page).toContain('role="alert"');
    if (token !== '') expect(page).not.toContain(token);
  });

  it('I7: a token is verified with each request, not once', async () => {
    const exp = Math.floor(Date.now() / 1000) - 60;
    const token = await api.issuer.sign({ sub: 'c', client_id: 'c', scope: 'webhooks:manage', exp });
    const answer = await visit('/', { headers: { ...asPage, cookie: `portcullis_queues=${token}` } });
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain('invalid or expired');
  });

  it('signing out takes the cookie away', async () => {
    const answer = await visit('/sign-out');
    expect(answer.status).toBe(303);
    expect(cookieOf(answer)).toMatch(/^portcullis_queues=;.*Path=\/queues;.*Expires=Thu, 01 Jan 1970/);
  });
});
