import { createHmac } from 'node:crypto';
import { type CryptoKey, generateKeyPair, SignJWT } from 'jose';
import request from 'supertest';
import { createTokenVerifier } from '../../src/http/token-verifier';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { AUDIENCE, CLIENT, TestIssuer } from './support/issuer';
import { until } from './support/until';

const PATH = '/api/v1/users/101/block';

let issuer: TestIssuer;
let api: FakeApi;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createFakeApi(issuer);
});
beforeEach(() => api.reset());
afterAll(async () => {
  api.close();
  await issuer.stop();
});

const block = (token?: string) => {
  const call = request(api.app).patch(PATH);
  return token === undefined ? call : call.set('Authorization', `Bearer ${token}`);
};

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

const claims = (more: Record<string, unknown> = {}) => {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: issuer.url,
    aud: AUDIENCE,
    sub: CLIENT,
    client_id: CLIENT,
    scope: 'system_api',
    iat: now,
    exp: now + 300,
    ...more,
  };
};

const seconds = (fromNow: number): number => Math.floor(Date.now() / 1000) + fromNow;

describe('a token that is good', () => {
  it('lets its client in and tells the handler who called', async () => {
    await block(await issuer.token()).expect(204);
    expect(api.calls).toMatchObject([
      {
        operationId: 'blockUser',
        request: { caller: { subject: CLIENT, clientId: CLIENT, kind: 'client' } },
      },
    ]);
  });

  it.each(['at+jwt', 'application/at+jwt', 'AT+JWT'])('is taken with typ %s', async (typ) => {
    await block(await issuer.token({ header: { typ } })).expect(204);
  });

  it('is taken within the clock skew, before and after its time', async () => {
    await block(await issuer.token({ expiresIn: -2 })).expect(204);
    await block(await issuer.token({ claims: { nbf: seconds(3) } })).expect(204);
  });

  it('is taken with several audiences, ours among them', async () => {
    await block(await issuer.token({ claims: { aud: ['https://other.test', AUDIENCE] } })).expect(204);
  });

  it('lets in with the operation’s own scope, without system_api', async () => {
    await block(await issuer.token({ claims: { scope: 'users:read users:block' } })).expect(204);
  });

  it('is taken whatever the case of the scheme (RFC 9110, section 11.1)', async () => {
    await request(api.app)
      .patch(PATH)
      .set('Authorization', `bearer ${await issuer.token()}`)
      .expect(204);
  });
});

describe('I7: no credentials', () => {
  it.each([
    ['no header', undefined],
    ['another scheme', 'Basic YWRtaW46c2VjcmV0'],
    ['another scheme that speaks of bearers', 'Basic bearer'],
    ['an empty header', ''],
  ])('%s: 401 and a bare challenge', async (_name, header) => {
    const call = request(api.app).patch(PATH);
    const response = await (header === undefined ? call : call.set('Authorization', header));
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer');
    expect(response.body).toMatchObject({ status: 401, code: 'auth.missing_token' });
    expect(api.calls).toEqual([]);
  });

  it.each(['access_token', 'token', 'authorization'])(
    'a token in the query as %s is no token',
    async (name) => {
      const response = await request(api.app)
        .patch(PATH)
        .query({ [name]: await issuer.token() });
      expect(response.status).toBe(401);
      expect(response.headers['www-authenticate']).toBe('Bearer');
      expect(api.calls).toEqual([]);
    },
  );

  it('a token in the query beside a good header is an unknown parameter, and is not repeated', async () => {
    const token = await issuer.token();
    const response = await block(token).query({ access_token: token });
    expect(response.status).toBe(400);
    expect(response.text).not.toContain(token);
    expect(api.calls).toEqual([]);
  });

  it('a token in the body is no token', async () => {
    await request(api.app)
      .patch(PATH)
      .send({ access_token: await issuer.token() })
      .expect(401);
  });
});

describe('I1: a token that is not good', () => {
  let stranger: CryptoKey;
  beforeAll(async () => {
    stranger = (await generateKeyPair('RS256')).privateKey;
  });

  const refused: [string, () => Promise<string> | string][] = [
    ['of another issuer', () => issuer.token({ claims: { iss: 'https://other.test' } })],
    ['without an issuer', () => issuer.token({ claims: { iss: undefined } })],
    ['for another audience', () => issuer.token({ claims: { aud: 'https://other.test' } })],
    ['without an audience', () => issuer.token({ claims: { aud: undefined } })],
    ['expired', () => issuer.token({ expiresIn: -6 })],
    ['without an expiry', () => issuer.token({ claims: { exp: undefined } })],
    ['not yet valid', () => issuer.token({ claims: { nbf: seconds(60) } })],
    ['without a subject', () => issuer.token({ claims: { sub: undefined } })],
    ['without a client', () => issuer.token({ claims: { client_id: undefined } })],
    ['with a client that is no text', () => issuer.token({ claims: { client_id: 7 } })],
    ['typed as an ID token', () => issuer.token({ header: { typ: 'JWT' } })],
    ['without a type', () => issuer.token({ header: { typ: undefined } })],
    ['alg none', () => `${base64url({ alg: 'none', typ: 'at+jwt' })}.${base64url(claims())}.`],
    ['alg NONE', () => `${base64url({ alg: 'NONE', typ: 'at+jwt', kid: 'first' })}.${base64url(claims())}.`],
    [
      'HMAC with the public key as the secret',
      async () => {
        const input = `${base64url({ alg: 'HS256', typ: 'at+jwt', kid: 'first' })}.${base64url(claims())}`;
        const secret = await issuer.publicPem();
        return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
      },
    ],
    ['with an unknown kid', () => issuer.token({ header: { kid: 'nobody' } })],
    [
      'signed by a stranger under a known kid',
      () =>
        new SignJWT(claims())
          .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'first' })
          .sign(stranger),
    ],
    [
      'with a tampered payload',
      async () => {
        const [header, , signature] = (await issuer.token()).split('.');
        return `${header}.${base64url(claims({ sub: 'root', client_id: 'root' }))}.${signature}`;
      },
    ],
    [
      'with a tampered signature',
      async () => {
        const [header, payload, signature = ''] = (await issuer.token()).split('.');
        return `${header}.${payload}.${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
      },
    ],
    ['without a signature', async () => (await issuer.token()).split('.').slice(0, 2).join('.') + '.'],
    ['that is no JWT', () => 'abc'],
  ];

  it.each(refused)('%s: 401 invalid_token, and no word about why', async (_name, make) => {
    const token = await make();
    const response = await block(token);
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
    expect(response.headers['content-type']).toBe('application/problem+json');
    expect(response.body).toMatchObject({
      type: 'urn:portcullis:problem:auth.invalid_token',
      status: 401,
      code: 'auth.invalid_token',
      detail: 'The access token is invalid or expired.',
    });
    expect(api.calls).toEqual([]);
  });

  it('symmetrically signed is refused even where the key store would give out the secret (RFC 8725, 3.1)', async () => {
    const secret = await crypto.subtle.importKey(
      'raw',
      Buffer.alloc(32, 's'),
      { name: 'HMAC', hash: 'SHA-256' },
      false,
      ['sign', 'verify'],
    );
    const keys = { usable: true, generation: 0, find: () => Promise.resolve(secret) };
    const options = { issuer: issuer.url, audience: AUDIENCE, types: ['at+jwt'], clockSkewSeconds: 5 };
    const token = await new SignJWT(claims())
      .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
      .sign(secret);
    await expect(createTokenVerifier({ ...options, keys })(token)).rejects.toMatchObject({
      code: 'auth.invalid_token',
    });
  });

  it('that is malformed: 401 invalid_token', async () => {
    const response = await request(api.app).patch(PATH).set('Authorization', 'Bearer two words');
    expect(response.status).toBe(401);
    expect(response.headers['www-authenticate']).toBe('Bearer error="invalid_token"');
  });

  it('I7: leaves no token in the log', async () => {
    const token = await issuer.token({ expiresIn: -60 });
    await block(token).expect(401);
    await until(() => api.logged.length === 1);
    expect(JSON.stringify(api.logged)).not.toContain(token.slice(0, 40));
  });
});

describe('scopes', () => {
  it.each(['', 'users:read users:unblock', 'users:block-protected', 'system_api_2', 'USERS:BLOCK'])(
    'with "%s" a client may not block: 403 names the scope',
    async (scope) => {
      const response = await block(await issuer.token({ claims: { scope } }));
      expect(response.status).toBe(403);
      expect(response.headers['www-authenticate']).toBe(
        'Bearer error="insufficient_scope", scope="users:block"',
      );
      expect(response.body).toMatchObject({ status: 403, code: 'auth.insufficient_scope' });
      expect(api.calls).toEqual([]);
    },
  );

  it('a scope that is a list is none (RFC 9068, section 2.2.3)', async () => {
    await block(await issuer.token({ claims: { scope: ['users:block'] } })).expect(403);
  });

  it('a token without a scope claim has none', async () => {
    await block(await issuer.token({ claims: { scope: undefined } })).expect(403);
  });

  it('a user’s token never satisfies a system scope, whatever it claims', async () => {
    const token = await issuer.token({ claims: { sub: 'ada', scope: 'system_api users:block' } });
    const response = await block(token);
    expect(response.status).toBe(403);
    expect(response.body).toMatchObject({ code: 'auth.insufficient_scope' });
    expect(api.calls).toEqual([]);
  });
});

describe('I7: strangers learn and cost nothing', () => {
  it.each([
    ['no token', undefined, 401],
    ['a wrong token', 'abc', 401],
  ])('with %s a bad body is not looked at', async (_name, token, status) => {
    const response = await block(token).set('Content-Type', 'application/json').send('{ not json');
    expect(response.status).toBe(status);
    expect(response.body).not.toHaveProperty('errors');
  });

  it('without the scope a bad body is not looked at', async () => {
    const token = await issuer.token({ claims: { scope: 'users:read' } });
    await block(token).send({ nonsense: 1 }).expect(403);
  });

  it('without a token a bad id is not looked at', async () => {
    await request(api.app).patch('/api/v1/users/abc/block').expect(401);
  });
});
