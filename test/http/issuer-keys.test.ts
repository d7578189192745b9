import request from 'supertest';
import { createFakeApi, type FakeApi, type FakeApiOptions } from './support/fake-api';
import { TestIssuer } from './support/issuer';
import { until } from './support/until';

const HOUR_MS = 3_600_000;

let issuer: TestIssuer;
let api: FakeApi;
let clock: number;

beforeEach(async () => {
  clock = Date.now();
  issuer = await TestIssuer.start();
});
afterEach(async () => {
  api.close();
  await issuer.stop();
});

const open = async (options: FakeApiOptions = {}) => {
  api = await createFakeApi(issuer, { now: () => clock, ...options });
};
const call = (token: string) =>
  request(api.app).get('/api/v1/users/101').set('Authorization', `Bearer ${token}`);

describe('key rotation', () => {
  it('a new key is fetched when its first token comes, and the old one still serves', async () => {
    await open();
    await call(await issuer.token()).expect(200);
    await issuer.addKey('second');
    clock += 6_000;
    await call(await issuer.token({ kid: 'second' })).expect(200);
    await call(await issuer.token({ kid: 'first' })).expect(200);
  });

  it('I1: a withdrawn key is dropped with the next key set, for tokens too that were verified before', async () => {
    await open();
    const token = await issuer.token();
    await call(token).expect(200);
    await issuer.addKey('second');
    issuer.withdraw('first');
    clock += 6_000;
    await call(await issuer.token({ kid: 'second' })).expect(200);
    await call(token).expect(401);
    await call(await issuer.token({ kid: 'first' })).expect(401);
  });

  it('forged kids cost the issuer one fetch in 5 s, however many come at once or one after the other', async () => {
    await open();
    const forge = (kid: string) => issuer.token({ header: { kid } });
    const before = issuer.keySetFetches;
    clock += 6_000;
    const forged = await Promise.all(Array.from({ length: 20 }, (_, n) => forge(`forged-${n}`)));
    await Promise.all(forged.map((token) => call(token).expect(401)));
    await call(await forge('one more')).expect(401);
    expect(issuer.keySetFetches).toBe(before + 1);
    clock += 4_999;
    await call(await forge('still too early')).expect(401);
    expect(issuer.keySetFetches).toBe(before + 1);
    clock += 1;
    await call(await forge('in time')).expect(401);
    expect(issuer.keySetFetches).toBe(before + 2);
  });

  it('a call that waits for keys shares the fetch that is under way', async () => {
    await open();
    await issuer.addKey('second');
    clock += 6_000;
    let release = (): void => undefined;
    issuer.held = new Promise((resolve) => (release = resolve));
    const tokens = await Promise.all(Array.from({ length: 5 }, () => issuer.token({ kid: 'second' })));
    const before = issuer.keySetFetches;
    const answers = tokens.map((token) => call(token).then(({ status }) => status));
    await until(() => issuer.keySetFetches > before);
    release();
    expect(await Promise.all(answers)).toEqual([200, 200, 200, 200, 200]);
    expect(issuer.keySetFetches).toBe(before + 1);
  });
});

describe('an absent issuer', () => {
  it('known keys serve as long as they may be stale, then 503', async () => {
    await open({ maxStaleMs: 24 * HOUR_MS });
    const token = await issuer.token({ expiresIn: 48 * 3600 });
    await issuer.stop();
    clock += 24 * HOUR_MS;
    await call(token).expect(200);
    clock += 1;
    const response = await call(token);
    expect(response.status).toBe(503);
    expect(response.headers['retry-after']).toBe('5');
    expect(response.body).toMatchObject({ code: 'auth.issuer_unavailable' });
    expect(api.calls).toHaveLength(1);
    await issuer.open();
    clock += 6_000;
    await call(token).expect(200);
  });

  it('an unknown kid is refused while the issuer is away, and known ones go on', async () => {
    await open();
    await issuer.stop();
    clock += 6_000;
    await call(await issuer.token({ header: { kid: 'forged' } })).expect(401);
    await call(await issuer.token()).expect(200);
    await issuer.open();
  });

  it('does not keep the API from starting: 503 until the keys are there', async () => {
    await issuer.stop();
    await open();
    const token = await issuer.token();
    await call(token).expect(503);
    await issuer.open();
    await call(token).expect(503);
    clock += 5_000;
    await call(token).expect(200);
  });

  it('is no reason to let anybody in: without a token it is still 401', async () => {
    await issuer.stop();
    await open();
    await request(api.app).get('/api/v1/users/101').expect(401);
    await issuer.open();
  });
});

describe('discovery', () => {
  it('finds the keys through the issuer’s metadata', async () => {
    await open({ discover: true });
    await call(await issuer.token()).expect(200);
  });

  it('takes no keys from metadata that name another issuer (OIDC Discovery, section 4.3)', async () => {
    issuer.metadataIssuer = 'https://other.test';
    await open({ discover: true });
    await call(await issuer.token()).expect(503);
    expect(issuer.keySetFetches).toBe(0);
  });
});

describe('remembered tokens', () => {
  it('I1: a token that was verified before is refused once it has expired', async () => {
    await open();
    const token = await issuer.token({ expiresIn: 60 });
    await call(token).expect(200);
    // From when it was issued at the latest, which on a busy machine is later than the test began.
    clock = Date.now() + 67_000;
    await call(token).expect(401);
  });
});
