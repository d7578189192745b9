import { createRemoteJWKSet, jwtVerify, SignJWT, UnsecuredJWT } from 'jose';
import { INTROSPECTION_JWT } from '../../src/access/introspection/introspection.routes';
import { retireSessions } from '../../src/access/retire-sessions';
import { FORM_TYPE } from '../support/http-client';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, done, newSession, newUser, type ProblemBody } from './support/fixtures';
import { snapshotOf } from './support/tables';
import { INTROSPECT, introspect, isTokenActive, sessionToken } from './support/user-tokens';

const nowSeconds = () => Math.floor(Date.now() / 1000);
const minutesAhead = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();

/** The example of the contract is no token, and asks the database nothing. */
const body = async (api: Parameters<typeof sessionToken>[0]) => ({
  token: await sessionToken(api, 'ada', { sessionId: '01a1fdda-8896-713d-85de-f18940ccab11', epoch: 1 }),
});

describeOperation('introspectToken', { body }, (test) => {
  const ask = (token: string) => introspect(test.call, token);
  const active = (token: string) => isTokenActive(test.call, token);
  const sign = (claims: Record<string, unknown>, header?: Record<string, unknown>) =>
    test.api.issuer.sign({ client_id: 'web', ...claims }, header);
  const signIn = async (more: Parameters<typeof newSession>[2] = {}) => {
    const user = await newUser(test.api);
    return { user, session: await newSession(test.api, user.id, more) };
  };
  /** A token of each kind: with session and epoch, with either, with neither. */
  const tokensOf = async ({ user, session }: Awaited<ReturnType<typeof signIn>>) => {
    const [sub, sid, epoch] = [user.uid, session.sessionId, session.epoch];
    return Promise.all(
      [{ sub, sid, epoch }, { sub, sid }, { sub, epoch }, { sub }].map((claims) => sign(claims)),
    );
  };
  const allActive = (tokens: readonly string[]) => Promise.all(tokens.map(active));
  const DEAD = [false, false, false, false];

  afterEach(() => {
    test.api.clock.shiftMs = 0;
  });

  it('200: what the token says, and nothing of the user besides; never to be stored (RFC 7662, section 2.2)', async () => {
    const { user, session } = await signIn();
    const [iat, exp] = [nowSeconds(), nowSeconds() + 300];
    const claims = { iat, exp, nbf: iat, jti: 'j-1', scope: 'orders:read orders:write', extra: 'x' };
    const {
      status,
      headers,
      body: answer,
    } = await ask(await sessionToken(test.api, user.uid, session, claims));
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(answer).toEqual({
      active: true,
      token_type: 'Bearer',
      iss: test.api.issuer.issuer,
      aud: [test.api.issuer.audience],
      sub: user.uid,
      client_id: 'web',
      scope: 'orders:read orders:write',
      iat,
      exp,
      nbf: iat,
      jti: 'j-1',
      sid: session.sessionId,
      epoch: 1,
    });
  });

  it('200: as a JWT where it is asked for, under our own keys, for the caller alone (RFC 9701, section 5)', async () => {
    const { user, session } = await signIn();
    const keys = createRemoteJWKSet(new URL(`${test.api.url}/jwks.json`));
    const askForJwt = async (token: string) => {
      const headers = { accept: INTROSPECTION_JWT };
      const answer = await test.call('POST', INTROSPECT, {
        body: { token },
        contentType: FORM_TYPE,
        headers,
      });
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, INTROSPECTION_JWT]);
      expect(answer.headers.get('cache-control')).toBe('no-store');
      return jwtVerify(answer.body, keys, {
        typ: 'token-introspection+jwt',
        algorithms: ['RS256'],
        issuer: 'https://portcullis.test',
        audience: 'admin',
        maxTokenAge: 60,
      });
    };
    const token = await sessionToken(test.api, user.uid, session);
    const { payload } = await askForJwt(token);
    // Neither `sub` nor `exp`: it must pass for no access token (RFC 9701, section 8.1).
    expect(Object.keys(payload).sort()).toEqual(['aud', 'iat', 'iss', 'token_introspection']);
    expect(payload.token_introspection).toEqual((await ask(token)).body);
    expect((await askForJwt('abc')).payload.token_introspection).toEqual({ active: false });
  });

  it('I1, I2: a token of each kind is dead with the answer to the block, and after the unblock as well', async () => {
    const member = await signIn();
    const tokens = await tokensOf(member);
    expect(await allActive(tokens)).toEqual([true, true, true, true]);
    await change(test.api, 'block', member.user.id);
    expect(await allActive(tokens)).toEqual(DEAD);
    const before = nowSeconds();
    await change(test.api, 'unblock', member.user.id);
    expect(await allActive(tokens)).toEqual(DEAD);
    const again = await newSession(test.api, member.user.id);
    const [full = '', bySession = '', byEpoch = ''] = await tokensOf({ ...member, session: again });
    expect(await allActive([full, bySession, byEpoch])).toEqual([true, true, true]);
    // One that names neither is of the time before the unblock, or its issuer's clock is behind by what clocks may differ.
    expect(await active(await sign({ sub: member.user.uid, iat: before }))).toBe(false);
    const later = await sign({ sub: member.user.uid, iat: before + 100 });
    expect(await active(later)).toBe(false);
    test.api.clock.shiftMs = 100_000;
    expect(await active(later)).toBe(true);
  });

  it.each([
    ['DELETE', 'sessions'],
    ['DELETE', ''],
    ['PUT', 'personal-data'],
  ])('I1: all are dead after %s /users/{userId}/%s', async (method, rest) => {
    const member = await signIn();
    const tokens = await tokensOf(member);
    await done(
      test.api,
      method,
      `/api/v1/users/${member.user.id}${rest && `/${rest}`}`,
      rest ? undefined : {},
    );
    expect(await allActive(tokens)).toEqual(DEAD);
  });

  it('I2: all stay dead after a reactivation, and after an erasure', async () => {
    const member = await signIn();
    const tokens = await tokensOf(member);
    const path = `/api/v1/users/${member.user.id}`;
    await done(test.api, 'DELETE', path);
    await done(test.api, 'POST', `${path}/reactivate`);
    expect(await allActive(tokens)).toEqual(DEAD);
    await done(test.api, 'DELETE', path, { permanent: true });
    expect(await allActive(tokens)).toEqual(DEAD);
  });

  it('I2: all are dead after a fence', async () => {
    const member = await signIn();
    const tokens = await tokensOf(member);
    const token = await clientToken(test.api, 'access:fence');
    const sent = { body: { afterUserId: member.user.id - 1, limit: 1 }, token };
    expect((await test.api.call('POST', '/api/v1/access/fence', sent)).status).toBe(200);
    expect(await allActive(tokens)).toEqual(DEAD);
  });

  it('of a session that is revoked, only its own tokens are dead', async () => {
    const member = await signIn();
    const other = await newSession(test.api, member.user.id);
    await done(test.api, 'DELETE', `/api/v1/sessions/${member.session.sessionId}`);
    expect(await allActive(await tokensOf(member))).toEqual([false, false, true, true]);
    expect(await active(await sessionToken(test.api, member.user.uid, other))).toBe(true);
  });

  it('a session that has expired or lay idle for too long takes its tokens with it', async () => {
    const expiring = await signIn({ expiresAt: minutesAhead(1) });
    const idle = await signIn({ idleTimeout: 60 });
    test.api.clock.shiftMs = 61_000;
    for (const member of [expiring, idle])
      expect(await allActive(await tokensOf(member))).toEqual([false, false, true, true]);
  });

  it('I2: a session id that retention has removed is unknown for ever', async () => {
    const { user, session } = await signIn();
    const token = await sessionToken(test.api, user.uid, session);
    await test.api.services.database.transaction((tx) => {
      retireSessions([session.sessionId]).forEach((statement) => tx.write(statement));
      return Promise.resolve();
    });
    expect(await active(token)).toBe(false);
  });

  it('a suspension that has run out: what came before it is dead, who signed in since is in', async () => {
    const member = await signIn();
    const tokens = await tokensOf(member);
    const blockedUntil = minutesAhead(1);
    await change(test.api, 'block', member.user.id, { body: { blockedUntil } });
    const until = Math.floor(Date.parse(blockedUntil) / 1000);
    // Of a provider that did not ask, while she was blocked.
    const meanwhile = await sign({ sub: member.user.uid, iat: until - 20 });
    test.api.clock.shiftMs = 70_000;
    expect(await allActive([...tokens, meanwhile])).toEqual([...DEAD, false]);
    const since = await newSession(test.api, member.user.id);
    const begun = Math.ceil(Date.parse(since.createdAt) / 1000);
    expect(
      await allActive(
        await Promise.all([
          sessionToken(test.api, member.user.uid, since, { iat: begun }),
          sign({ sub: member.user.uid, iat: until + 7 }),
        ]),
      ),
    ).toEqual([true, true]);
  });

  it('I1: what was revoked since a suspension ran out is dead before the worker has closed that as well', async () => {
    const { user } = await signIn();
    await change(test.api, 'block', user.id, { body: { blockedUntil: minutesAhead(1) } });
    test.api.clock.shiftMs = 120_000;
    const since = await sign({ sub: user.uid, iat: nowSeconds() + 90 });
    expect(await active(since)).toBe(true);
    await done(test.api, 'DELETE', `/api/v1/users/${user.id}/sessions`);
    expect(await active(since)).toBe(false);
  });

  it('a token of another user’s session, of no user and of no session is not active', async () => {
    const [ada, bob] = [await signIn(), await signIn()];
    const { sessionId: sid } = ada.session;
    const forged = [
      { sub: bob.user.uid, sid, epoch: 1 },
      { sub: 'nobody', sid },
      { sub: 'nobody', epoch: 1 },
      { sub: 'nobody' },
      { sub: ada.user.uid, sid: 'no-session' },
      { sub: ada.user.uid.toUpperCase(), epoch: 1 },
      { sub: `${ada.user.uid} `, epoch: 1 },
    ];
    for (const claims of forged) expect([claims, await active(await sign(claims))]).toEqual([claims, false]);
  });

  it('a token that is older than its session is not active, but for what clocks may differ', async () => {
    const { user, session } = await signIn();
    const begun = Math.floor(Date.parse(session.createdAt) / 1000);
    const issuedAt = (iat: number) => sessionToken(test.api, user.uid, session, { iat });
    expect(
      await allActive(await Promise.all([begun - 60, begun - 7, begun - 4, begun].map(issuedAt))),
    ).toEqual([false, false, true, true]);
  });

  it('a client’s own token is not active, though a user’s uid is the same', async () => {
    const { id } = await newUser(test.api, { uid: 'robot' });
    const session = await newSession(test.api, id);
    expect(await active(await sessionToken(test.api, 'robot', session, { client_id: 'robot' }))).toBe(false);
    expect(await active(await sessionToken(test.api, 'robot', session))).toBe(true);
    expect(await active(await test.api.issuer.tokenFor('admin'))).toBe(false);
  });

  it('RFC 9449, section 6: of a token that is bound to a key the key is told', async () => {
    const { user, session } = await signIn();
    const bound = (cnf: unknown) => sessionToken(test.api, user.uid, session, { cnf });
    expect((await ask(await bound({ jkt: 'abc' }))).body).toMatchObject({
      token_type: 'DPoP',
      cnf: { jkt: 'abc' },
    });
    const certificate = { 'x5t#S256': 'abc' };
    expect((await ask(await bound(certificate))).body).toMatchObject({
      token_type: 'Bearer',
      cnf: certificate,
    });
    // A binding that could not be passed on would look like none.
    for (const cnf of [{}, null, 'abc', { jwk: {} }, { jkt: 'abc', kid: 'x' }, { jkt: 7 }])
      expect([cnf, await active(await bound(cnf))]).toEqual([cnf, false]);
  });

  describe('exactly {"active":false}, and nothing changes', () => {
    const inactive = async (token: string) => {
      const { database } = test.api.services;
      const before = await snapshotOf(database);
      const response = await fetch(`${test.api.url}${INTROSPECT}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${await test.api.issuer.tokenFor('admin')}` },
        body: new URLSearchParams({ token }),
      });
      expect([response.status, await response.text()]).toEqual([200, '{"active":false}']);
      expect(await snapshotOf(database)).toEqual(before);
    };

    it.each([
      '',
      ' ',
      'abc',
      '2YotnFZFEjr1zCsicMWpAA',
      '..',
      'a.b.c',
      'eyJhbGciOiJub25lIn0..',
      '\0',
      `\0.\0.\0`,
      '\ufffd.\u{1f600}.\r\n',
      'null',
      '{}',
      "' OR 1=1 --",
    ])('the text %j', inactive);

    it('60,000 characters, with and without dots', async () => {
      await inactive('x'.repeat(60_000));
      await inactive(`${'x'.repeat(20_000)}.${'x'.repeat(20_000)}.${'x'.repeat(20_000)}`);
    });

    it('and not where nothing is wrong', async () => {
      expect(await active(await sign({ sub: 'ada', epoch: 1 }))).toBe(true);
    });

    const now = nowSeconds();
    it.each<[string, Record<string, unknown>]>([
      ['no sub', { sub: undefined }],
      ['an empty sub', { sub: '' }],
      ['a sub with a NUL', { sub: 'ada\0' }],
      ['half a character in sub', { sub: 'ada\ud83d' }],
      ['a sub that is a list', { sub: ['ada'] }],
      ['a sub of 300 characters', { sub: 'x'.repeat(300) }],
      ['no iat', { iat: undefined }],
      ['an iat that is a text', { iat: String(now) }],
      ['an iat that is to come', { iat: now + 3_000 }],
      ['no exp', { exp: undefined }],
      ['an exp that is a text', { exp: String(now + 60) }],
      ['an exp that is over', { iat: now - 900, exp: now - 60 }],
      ['an nbf that is to come', { nbf: now + 3_000 }],
      ['another issuer', { iss: 'https://id.example.com' }],
      ['no audience', { aud: undefined }],
      ['another audience', { aud: 'https://orders.example.com' }],
      ['no audience in the list', { aud: [] }],
      ['an epoch of before', { epoch: 0 }],
      ['an epoch that is to come', { epoch: 2 }],
      ['an epoch that is a text', { epoch: '1' }],
      ['an epoch that is null', { epoch: null }],
      ['an epoch that is a fraction', { epoch: 1.5 }],
      ['a negative epoch', { epoch: -1 }],
      ['an epoch past 2^53', { epoch: 2 ** 53 }],
      ['a sid that is a number', { sid: 7 }],
      ['a sid that is null', { sid: null }],
      ['an empty sid', { sid: '' }],
      ['a sid with a NUL', { sid: 'a\0' }],
      ['a sid of 300 characters', { sid: 'x'.repeat(300) }],
    ])('%s', async (_name, claims) => {
      await inactive(await sign({ sub: 'ada', epoch: 1, ...claims }));
    });

    it.each<[string, Record<string, unknown>]>([
      ['typ JWT', { typ: 'JWT' }],
      ['no typ', { typ: undefined }],
      ['the typ of a logout token', { typ: 'logout+jwt' }],
      ['an unknown kid', { kid: 'nobodys' }],
      ['an extension that must be understood (RFC 7515, section 4.1.11)', { crit: ['exp'] }],
    ])('%s', async (_name, header) => {
      const token = await sign({ sub: 'ada', epoch: 1 }, header).catch(() => null);
      if (token !== null) return inactive(token);
      // What no library signs.
      const [, payload, signature] = (await sign({ sub: 'ada', epoch: 1 })).split('.');
      const encoded = Buffer.from(JSON.stringify({ alg: 'RS256', typ: 'at+jwt', ...header })).toString(
        'base64url',
      );
      await inactive([encoded, payload, signature].join('.'));
    });

    it('no signature, one under a shared secret, and one of other claims (RFC 8725, section 3.1)', async () => {
      const claims = { iss: test.api.issuer.issuer, aud: test.api.issuer.audience, sub: 'ada', epoch: 1 };
      const unsecured = new UnsecuredJWT(claims).setIssuedAt().setExpirationTime('5m');
      await inactive(unsecured.encode());
      const shared = new SignJWT(claims).setIssuedAt().setExpirationTime('5m');
      const secret = new TextEncoder().encode('x'.repeat(32));
      await inactive(await shared.setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' }).sign(secret));
      const [one, other] = [await sign({ sub: 'ada', epoch: 1 }), await sign({ sub: 'bob', epoch: 1 })];
      await inactive([...one.split('.').slice(0, 2), other.split('.')[2]].join('.'));
    });
  });

  it.each([
    ['', '/body'],
    ['token_type_hint=access_token', '/body/token'],
    ['token=a&token=b', '/body/token'],
    ['token=a&client_secret=b', '/body/client_secret'],
    ['token=a&token_type_hint=%00', '/body/token_type_hint'],
  ])('400: the form %j names the field (I8)', async (form, pointer) => {
    const { status, body: problem } = await test.call('POST', INTROSPECT, {
      body: form,
      contentType: FORM_TYPE,
    });
    expect([status, (problem as ProblemBody).errors?.[0]?.pointer]).toEqual([400, pointer]);
  });
});
