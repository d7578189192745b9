import { createHmac, createPublicKey, randomBytes } from 'node:crypto';
import { CompactSign, exportSPKI, exportJWK, generateKeyPair, importJWK, SignJWT } from 'jose';
import { createGuard, type Guard } from '../../guard';
import { loadSecrets } from '../../local/secrets';
import { testEnvironment } from '../support/test-environment';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer';
import { RESOURCE, seconds, userToken } from './support/guarded';
import { startStubFeed, type StubFeed } from './support/stub-feed';

let issuer: TestIssuer;
let feed: StubFeed;
let guard: Guard;
let jwks: { keys: Record<string, string>[] };
let good: string;
beforeAll(async () => {
  [issuer, feed] = await Promise.all([startTestIssuer(), startStubFeed()]);
  const metadata = (await (await fetch(`${issuer.issuer}/.well-known/openid-configuration`)).json()) as {
    jwks_uri: string;
  };
  jwks = (await (await fetch(metadata.jwks_uri)).json()) as typeof jwks;
  guard = createGuard({
    issuer: issuer.issuer,
    audience: RESOURCE,
    jwks,
    api: feed.url,
    token: () => Promise.resolve('t'),
  });
  await guard.ready();
  good = await userToken(issuer);
});
afterAll(async () => {
  guard?.close();
  await Promise.all([feed.close(), issuer.close()]);
});

const encoded = (part: unknown): string =>
  Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');

const claims = (more: object = {}) => ({
  iss: issuer.issuer,
  aud: RESOURCE,
  sub: 'ada',
  iat: seconds(),
  exp: seconds(600),
  ...more,
});

const header = (more: object = {}) => ({ alg: 'RS256', typ: 'at+jwt', kid: jwks.keys[0]?.kid, ...more });

const reason = async (token: unknown) => {
  const verdict = await guard.check(token as string);
  return verdict.active ? 'active' : verdict.reason;
};

describe('a token that is malformed in one way or another is refused, and nothing is thrown (I8)', () => {
  it('but the one that they are made of is let through', async () => {
    expect(await reason(good)).toBe('active');
  });

  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 7],
    ['an object', {}],
    ['bytes', Buffer.from('a.b.c')],
    ['nothing', ''],
    ['no dots', 'abc'],
    ['one dot', 'a.b'],
    ['four parts', 'a.b.c.d'],
    ['five parts, encrypted', 'a.b.c.d.e'],
    ['dots alone', '..'],
    ['other characters', 'ä.ö.ü'],
    ['NUL', 'a\0.b.c'],
    ['a header that is no JSON', `${encoded('{')}.e30.AA`],
    ['a header that is an array', `${encoded([])}.e30.AA`],
    ['a header without alg', `${encoded({ typ: 'at+jwt' })}.e30.AA`],
    ['a megabyte', 'a'.repeat(1_000_000)],
  ])('%s', async (_, token) => {
    expect(await reason(token)).toBe('malformed');
  });

  it('alg none, in any spelling', async () => {
    for (const alg of ['none', 'None', 'NONE', 'nOnE', '']) {
      for (const signature of ['', 'AA']) {
        expect(await reason(`${encoded(header({ alg }))}.${encoded(claims())}.${signature}`)).not.toBe(
          'active',
        );
      }
    }
  });

  it('HS256 with the public key as the secret (RFC 8725, section 2.1)', async () => {
    const jwk = jwks.keys[0] ?? {};
    const pem = await exportSPKI((await importJWK(jwk, 'RS256')) as never);
    const der = createPublicKey({ key: jwk, format: 'jwk' }).export({ type: 'spki', format: 'der' });
    for (const secret of [pem, pem.trim(), der, jwk.n ?? '', JSON.stringify(jwk)]) {
      const input = `${encoded(header({ alg: 'HS256' }))}.${encoded(claims())}`;
      const signature = createHmac('sha256', secret).update(input).digest('base64url');
      expect(await reason(`${input}.${signature}`)).toBe('untrusted');
    }
  });

  it('another issuer’s key: by an unknown kid, by our kid, by a key in the header, by none', async () => {
    const { privateKey, publicKey } = await generateKeyPair('RS256');
    const jwk = await exportJWK(publicKey);
    for (const more of [
      { kid: 'unknown' },
      {},
      { jwk },
      { kid: undefined },
      { kid: 7 },
      { jku: 'http://127.0.0.1:9/' },
      { x5c: ['AA'] },
    ]) {
      const token = await new SignJWT(claims()).setProtectedHeader(header(more)).sign(privateKey);
      expect(await reason(token)).not.toBe('active');
    }
  });

  it('a signature that is cut, changed, or of other claims', async () => {
    const [head, body, signature] = good.split('.') as [string, string, string];
    const other = encoded({ ...claims(), sub: 'eve' });
    const flipped = `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`;
    for (const token of [
      `${head}.${body}.`,
      `${head}.${body}.${signature.slice(0, -8)}`,
      `${head}.${body}.${flipped}`,
      `${head}.${other}.${signature}`,
      `${head}.${body}.${randomBytes(256).toString('base64url')}`,
    ]) {
      expect(await reason(token)).not.toBe('active');
    }
  });

  it.each([
    ['of an ID token', { typ: 'JWT' }],
    ['of a logout token', { typ: 'logout+jwt' }],
    ['none', { typ: undefined }],
    ['no text', { typ: 7 }],
    ['of at+jwt and more', { typ: 'at+jwt; charset=utf-8' }],
  ])('typ: %s', async (_, more) => {
    expect(await reason(await userToken(issuer, {}, more))).not.toBe('active');
  });

  it.each([['at+jwt'], ['AT+JWT'], ['application/at+jwt'], ['Application/AT+jwt']])(
    'but %s is an access token',
    async (typ) => {
      expect(await reason(await userToken(issuer, {}, { typ }))).toBe('active');
    },
  );

  it('a critical extension that nobody knows', async () => {
    const crit = { crit: ['urn:example:new'], 'urn:example:new': true };
    await expect(userToken(issuer, {}, crit)).rejects.toThrow();
    const input = `${encoded(header(crit))}.${encoded(claims())}`;
    expect(await reason(`${input}.${good.split('.')[2]}`)).not.toBe('active');
  });
});

describe('claims that are not what they must be', () => {
  const now = seconds();
  it.each<[string, Record<string, unknown>, string]>([
    ['no sub', { sub: undefined }, 'malformed'],
    ['an empty sub', { sub: '' }, 'malformed'],
    ['a sub that is a number', { sub: 101 }, 'malformed'],
    ['a sub that is an array', { sub: ['ada'] }, 'malformed'],
    ['a sub that is an object', { sub: { toString: 'ada' } }, 'malformed'],
    ['a sub without end', { sub: 'a'.repeat(256) }, 'malformed'],
    ['no iat', { iat: undefined }, 'malformed'],
    ['an iat in words', { iat: String(now) }, 'malformed'],
    ['an iat that is null', { iat: null }, 'malformed'],
    ['an iat from the future', { iat: now + 600, exp: now + 700 }, 'not_yet_valid'],
    ['an iat before time began', { iat: -1e308 }, 'too_long_lived'],
    ['no exp', { exp: undefined }, 'malformed'],
    ['an exp in words', { exp: String(now + 60) }, 'malformed'],
    ['an exp that is an array', { exp: [now + 60] }, 'malformed'],
    ['an exp at the end of time', { exp: 1e308 }, 'too_long_lived'],
    ['an exp long gone', { exp: now - 60 }, 'expired'],
    ['an exp below zero', { exp: -1 }, 'expired'],
    ['an nbf to come', { nbf: now + 600 }, 'not_yet_valid'],
    ['an nbf in words', { nbf: 'now' }, 'malformed'],
    ['another issuer', { iss: 'https://evil.example.com' }, 'untrusted'],
    ['an issuer that is an array', { iss: ['x'] }, 'untrusted'],
    ['another audience', { aud: 'https://other.example.com' }, 'untrusted'],
    ['an audience that begins like ours', { aud: `${RESOURCE}.evil.example.com` }, 'untrusted'],
    ['no audience', { aud: undefined }, 'malformed'],
    ['audiences of which none is ours', { aud: ['a', 'b'] }, 'untrusted'],
    ['an audience that is an object', { aud: { [RESOURCE]: true } }, 'untrusted'],
    ['a sid that is a number', { sid: 7 }, 'malformed'],
    ['an empty sid', { sid: '' }, 'malformed'],
    ['a sid that is null', { sid: null }, 'malformed'],
    ['an epoch in words', { epoch: '7' }, 'malformed'],
    ['an epoch that is null', { epoch: null }, 'malformed'],
    ['an epoch below zero', { epoch: -1 }, 'malformed'],
    ['an epoch and a half', { epoch: 1.5 }, 'malformed'],
    ['an epoch that no double holds', { epoch: 2 ** 53 }, 'malformed'],
    ['an epoch that is an array', { epoch: [7] }, 'malformed'],
    ['an epoch that is true', { epoch: true }, 'malformed'],
    ['a life a second too long', { iat: now, exp: now + 3_601 }, 'too_long_lived'],
  ])('%s', async (_, more, why) => {
    expect(await reason(await userToken(issuer, more))).toBe(why);
  });

  it.each<[string, Record<string, unknown>]>([
    ['a life as long as it may be', { iat: now, exp: now + 3_600 }],
    ['audiences of which one is ours', { aud: ['a', RESOURCE] }],
    ['times in fractions', { iat: now - 0.5, exp: now + 600.5 }],
    ['an epoch of nought', { epoch: 0 }],
    ['the highest epoch', { epoch: Number.MAX_SAFE_INTEGER }],
    ['a sub that a plain object would have', { sub: '__proto__' }],
    ['a sub of 255 characters', { sub: 'ü'.repeat(255) }],
  ])('but %s is', async (_, more) => {
    expect(await reason(await userToken(issuer, more))).toBe('active');
  });

  it('but times that are off by less than the clock skew are', async () => {
    expect(await reason(await userToken(issuer, { exp: seconds(-2) }))).toBe('active');
    expect(await reason(await userToken(issuer, { iat: seconds(2) }))).toBe('active');
  });

  // JSON knows neither, but its parser takes the one for infinity; a signature over them is real.
  it.each(['1e999', '-1e999', 'NaN', '9007199254740993.0'])('times and epochs of %s', async (number) => {
    for (const claim of ['iat', 'exp', 'epoch']) {
      const text = JSON.stringify(claims({ [claim]: 'HERE' })).replace('"HERE"', number);
      expect(await reason(await signedText(text))).not.toBe('active');
    }
  });

  it('a payload that is no object', async () => {
    for (const text of ['null', '[]', '"ada"', '7', '', '{', '{"sub":"ada"']) {
      expect(await reason(await signedText(text))).toBe('malformed');
    }
  });

  it('a user whom a plain object would have is killed like any other', async () => {
    feed.revoke({ uid: '__proto__', epoch: 2 }, { uid: 'constructor', epoch: 2 });
    const [first, second] = await Promise.all(
      ['__proto__', 'constructor'].map((sub) => userToken(issuer, { sub, epoch: 1 })),
    );
    while ((await reason(second)) === 'active') await new Promise((resolve) => setImmediate(resolve));
    expect([await reason(first), await reason(second)]).toEqual(['revoked', 'revoked']);
  });
});

/** Any text under a good signature of the issuer. */
async function signedText(text: string): Promise<string> {
  const { signingKey } = await loadSecrets(`${testEnvironment().directory}/secrets.json`);
  const key = await importJWK(signingKey, 'RS256');
  return new CompactSign(Buffer.from(text)).setProtectedHeader(header()).sign(key);
}
