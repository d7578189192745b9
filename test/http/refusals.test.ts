import request from 'supertest';
import { DomainError } from '../../src/errors';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';

let issuer: TestIssuer;
let api: FakeApi;
let token: string;
let recording: () => Promise<void>;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  const options = {
    trustedProxies: ['127.0.0.0/8', '::1/128', '10.0.0.0/8'],
    recordRefusal: () => recording(),
  };
  api = await createFakeApi(issuer, options);
  token = await issuer.token();
});
beforeEach(() => {
  api.reset();
  recording = () => Promise.resolve();
});
afterAll(async () => {
  api.close();
  await issuer.stop();
});

type Method = 'get' | 'post' | 'patch' | 'delete';
const call = (method: Method, path: string) =>
  request(api.app)[method](path).set('Authorization', `Bearer ${token}`);
const refuseWith = (error: Error) =>
  (['blockUser', 'getUser', 'createUser', 'revokeSession', 'revokeSessions'] as const).forEach((id) =>
    api.replace(id, () => Promise.reject(error)),
  );
const recorded = () => api.refusals.map(({ action, target, userId, code }) => [action, target, userId, code]);

describe('a refused attempt to change something is recorded, if somebody was authenticated', () => {
  it.each<[Method, string, string, string, number | null]>([
    ['patch', '/api/v1/users/101/block', 'user.block', 'user:101', 101],
    ['delete', '/api/v1/users/101/sessions', 'sessions.revoke', 'user:101', 101],
    ['delete', '/api/v1/sessions/s-1', 'session.revoke', 'session:s-1', null],
    ['post', '/api/v1/users', 'user.create', 'users', null],
  ])('%s %s as %s of %s', async (method, path, action, target, userId) => {
    refuseWith(new DomainError('user.not_found', 'There is no such user.'));
    expect((await call(method, path).send(method === 'post' ? {} : undefined)).status).toBe(404);
    expect(recorded()).toEqual([[action, target, userId, 'user.not_found']]);
    expect(api.refusals[0]?.caller).toMatchObject({
      subject: 'admin',
      clientId: 'admin',
      address: '127.0.0.1',
    });
  });

  it('whatever refused it: scope, body, path', async () => {
    const path = '/api/v1/users/101/block';
    const weak = await issuer.token({ claims: { scope: 'users:read' } });
    await request(api.app).patch(path).set('Authorization', `Bearer ${weak}`);
    await call('patch', path).send({ unknown: 1 });
    await call('patch', path).type('text/plain').send('text');
    await call('patch', path).send({ suspensionReason: 'x'.repeat(70_000) });
    await call('patch', '/api/v1/users/9007199254740992/block');
    expect(recorded()).toEqual([
      ['user.block', 'user:101', 101, 'auth.insufficient_scope'],
      ['user.block', 'user:101', 101, 'request.invalid'],
      ['user.block', 'user:101', 101, 'request.unsupported_media_type'],
      ['user.block', 'user:101', 101, 'request.too_large'],
      ['user.block', 'user:9007199254740992', null, 'request.invalid'],
    ]);
  });

  it.each(['%00', 'a%20b', 'a%0Ab', 'x'.repeat(256), '%F0%9F%98%80'])(
    'but not what no name may hold: /sessions/%s',
    async (name) => {
      await call('delete', `/api/v1/sessions/${name}`);
      expect(recorded()).toEqual([['session.revoke', 'session:?', null, 'request.invalid']]);
    },
  );

  it('but no read, no stranger, no path that there is not, and no fault of ours', async () => {
    refuseWith(new DomainError('user.not_found', 'There is no such user.'));
    expect((await call('get', '/api/v1/users/101')).status).toBe(404);
    expect((await request(api.app).patch('/api/v1/users/101/block')).status).toBe(401);
    expect((await call('patch', '/api/v1/nothing')).status).toBe(404);
    for (const error of [new DomainError('service.busy', 'Busy.'), new Error('broken')]) {
      refuseWith(error);
      expect((await call('patch', '/api/v1/users/101/block')).status).toBeGreaterThanOrEqual(500);
    }
    expect(api.refusals).toEqual([]);
  });

  it('and refused all the same where it cannot be recorded; the log says so, without a word of the caller’s', async () => {
    recording = () => Promise.reject(new Error('the database is away'));
    refuseWith(new DomainError('user.not_found', 'There is no such user.'));
    const response = await call('patch', '/api/v1/users/101/block').send({
      suspensionReason: 'secret reason',
    });
    expect([response.status, response.headers['content-type']]).toEqual([404, 'application/problem+json']);
    const lines = api.logged.filter(({ msg }) => msg === 'a refused attempt could not be recorded');
    expect(lines).toMatchObject([{ level: 50, code: 'user.not_found' }]);
    expect(JSON.stringify(api.logged)).not.toContain('secret reason');
  });

  it('before it is answered: who reads the trail next finds it', async () => {
    let isRecorded = false;
    recording = async () => {
      await new Promise(setImmediate);
      isRecorded = true;
    };
    refuseWith(new DomainError('user.not_found', 'There is no such user.'));
    await call('patch', '/api/v1/users/101/block');
    expect(isRecorded).toBe(true);
  });
});

describe('the address of a caller', () => {
  const addressOf = async (on: FakeApi, forwarded: string) => {
    on.reset();
    await request(on.app)
      .patch('/api/v1/users/101/block')
      .set('Authorization', `Bearer ${token}`)
      .set('X-Forwarded-For', forwarded);
    return (on.calls[0]?.request.caller as { address: string }).address;
  };

  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7, 10.1.2.3', '203.0.113.7'],
    // What a caller writes herself stands further left than what the proxies add.
    ['198.51.100.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['2001:db8::1', '2001:db8::1'],
  ])('is that of X-Forwarded-For: %s behind trusted proxies', async (forwarded, address) => {
    expect(await addressOf(api, forwarded)).toBe(address);
  });

  it('is that of the connection where no proxy is trusted, whatever the caller writes', async () => {
    const direct = await createFakeApi(issuer);
    expect(await addressOf(direct, '203.0.113.7')).toBe('127.0.0.1');
    direct.close();
  });

  it('is unknown where a trusted proxy writes what is none', async () => {
    expect(await addressOf(api, 'unknown')).toBeNull();
  });
});
