import { mkdtemp, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { loadSecrets, type LocalSecrets } from '../../local/secrets';
import { startTokenIssuer, type TokenIssuer } from '../../local/token-issuer';
import { createUserTokens } from '../../local/user-tokens';

const audience = 'https://portcullis.localhost/system-api';
let directory: string;
let secrets: LocalSecrets;
let issuer: TokenIssuer;
let api: Server;
/** What the API answers to a sign-in. */
let signIn: { status: number; body: object };

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portcullis-issuer-'));
  secrets = await loadSecrets(join(directory, 'secrets.json'));
  api = createServer((request, response) => {
    const found = { items: [{ id: 7, uid: 'ada' }] };
    const { status, body } = request.method === 'GET' ? { status: 200, body: found } : signIn;
    response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(body));
  });
  await new Promise<void>((resolve) => api.listen(0, '127.0.0.1', resolve));
  const apiUrl = `http://127.0.0.1:${(api.address() as AddressInfo).port}`;
  const { signingKey, clients } = secrets;
  issuer = await startTokenIssuer({
    secrets,
    audience,
    userTokens: (addresses) =>
      createUserTokens({ ...addresses, apiUrl, audience, signingKey, idp: clients.idp }),
  });
});

afterAll(async () => {
  await issuer.stop();
  api.closeAllConnections();
  api.close();
  await rm(directory, { recursive: true });
});

const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`,
});

const askToken = (parameters: Record<string, string>, secret = secrets.clients.admin.clientSecret) =>
  fetch(issuer.tokenUrl, {
    method: 'POST',
    headers: basic('admin', secret),
    body: new URLSearchParams({ grant_type: 'client_credentials', ...parameters }),
  });

async function verify(token: string) {
  const metadata = (await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json()) as {
    issuer: string;
    jwks_uri: string;
  };
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  return (await jwtVerify(token, keys, { issuer: metadata.issuer, audience, typ: 'at+jwt' })).payload;
}

test.each<Record<string, string>>([{ audience }, { resource: audience }, {}])(
  'a client gets an RFC 9068 token by %j, with and without naming its scope',
  async (named) => {
    for (const parameters of [{ ...named, scope: 'system_api access:fence signing_keys:manage' }, named]) {
      const answer = await askToken(parameters);
      expect(answer.status).toBe(200);
      const { access_token: token, ...rest } = (await answer.json()) as { access_token: string };
      expect(rest).toEqual({
        token_type: 'Bearer',
        expires_in: 3600,
        scope: 'system_api access:fence signing_keys:manage',
      });
      expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'RS256', typ: 'at+jwt' });
      expect(await verify(token)).toMatchObject({
        sub: 'admin',
        client_id: 'admin',
        scope: 'system_api access:fence signing_keys:manage',
      });
    }
  },
);

test.each(['audience', 'resource'])('no token for another %s', async (name) => {
  const answer = await askToken({ [name]: 'https://elsewhere.example' });
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_target' }]);
});

test('no token for a wrong secret, nor for a scope that the client lacks', async () => {
  expect((await askToken({ audience }, 'wrong')).status).toBe(401);
  const answer = await askToken({ audience, scope: 'users:read' });
  expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'invalid_scope' }]);
});

const askUserToken = (
  body: unknown,
  headers: Record<string, string> = basic('idp', secrets.clients.idp.clientSecret),
) => fetch(issuer.userTokenUrl, { method: 'POST', headers, body: JSON.stringify(body) });

test('a user who signs in gets a token that names her session and epoch', async () => {
  signIn = { status: 201, body: { sessionId: 's-1', epoch: 3 } };
  const answer = await askUserToken({ uid: 'ada', clientId: 'web' });
  expect(answer.status).toBe(200);
  const { access_token: token, ...rest } = (await answer.json()) as { access_token: string };
  expect(rest).toEqual({ token_type: 'Bearer', expires_in: 3600 });
  expect(await verify(token)).toMatchObject({
    sub: 'ada',
    sid: 's-1',
    epoch: 3,
    client_id: 'web',
    scope: 'block_list:self',
  });
});

test('the refusal of a sign-in is passed on as it is', async () => {
  signIn = { status: 403, body: { code: 'user.suspended' } };
  const answer = await askUserToken({ uid: 'ada', clientId: 'web' });
  expect(answer.headers.get('Content-Type')).toBe('application/problem+json');
  expect([answer.status, await answer.json()]).toEqual([403, { code: 'user.suspended' }]);
});

test('user tokens: 401 without credentials, 400 for a bad body, 404 for an unknown user', async () => {
  expect((await askUserToken({ uid: 'ada', clientId: 'web' }, {})).status).toBe(401);
  expect((await askUserToken({ uid: 'ada', clientId: 'web' }, basic('idp', 'wrong'))).status).toBe(401);
  expect((await askUserToken({ uid: 'ada' })).status).toBe(400);
  expect((await askUserToken({ uid: 'grace', clientId: 'web' })).status).toBe(404);
});

test('a user token is never one that passes for its client (RFC 9068, 2.2)', async () => {
  expect((await askUserToken({ uid: 'admin', clientId: 'admin' })).status).toBe(400);
});

test('secrets are made once, for their owner only, and URL-safe', async () => {
  const file = join(directory, 'secrets.json');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await loadSecrets(file)).toEqual(secrets);
  for (const { clientSecret } of Object.values(secrets.clients)) expect(clientSecret).toMatch(/^[\w-]{20,}$/);
  const fresh = join(directory, 'fresh', 'secrets.json');
  const [one, other] = await Promise.all([loadSecrets(fresh), loadSecrets(fresh)]);
  expect(one).toEqual(other);
});
