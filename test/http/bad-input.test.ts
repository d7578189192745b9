import request, { type Test } from 'supertest';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';

const BLOCK = '/api/v1/users/101/block';
const SESSIONS = '/api/v1/users/101/sessions';
const NUL = String.fromCharCode(0);

let issuer: TestIssuer;
let api: FakeApi;
let token: string;

beforeAll(async () => {
  issuer = await TestIssuer.start();
  api = await createFakeApi(issuer);
  token = await issuer.token();
});
beforeEach(() => api.reset());
afterAll(async () => {
  api.close();
  await issuer.stop();
});

type Method = 'get' | 'post' | 'patch' | 'delete';
const call = (method: Method, path: string): Test =>
  request(api.app)[method](path).set('Authorization', `Bearer ${token}`);

/** A refusal that names its field, with nothing having reached a handler. */
async function expectRefused(sent: Test, pointer: string, status = 400): Promise<void> {
  const response = await sent;
  expect({ status: response.status, type: response.headers['content-type'] }).toEqual({
    status,
    type: 'application/problem+json',
  });
  const { errors } = response.body as { errors?: { pointer: string; detail: string }[] };
  expect(errors?.map((error) => error.pointer)).toContain(pointer);
  expect(errors?.every(({ detail }) => detail.length > 0)).toBe(true);
  expect(api.calls).toEqual([]);
}

describe('I8: an id that is none names /path/userId', () => {
  const ids = ['0', '-1', '1.5', 'abc', '01', '+1', '1e3', '0x10', '9223372036854775808', '9007199254740992'];
  const more = ['9999999999999999', '%00', '1%00', '%20101', 'NaN', 'null', '١'].map((id) => encodeURI(id));
  it.each([...ids, ...more])('%s', async (id) => {
    const path = id.startsWith('%2500') ? '%00' : id;
    await expectRefused(call('patch', `/api/v1/users/${path}/block`), '/path/userId');
    await expectRefused(call('get', `/api/v1/users/${path}`), '/path/userId');
  });

  it('the largest id that JSON can carry exactly is one', async () => {
    await call('get', '/api/v1/users/9007199254740991').expect(200);
    expect(api.calls[0]?.request.path).toEqual({ userId: 9_007_199_254_740_991 });
  });

  it('broken percent-encoding is a 400', async () => {
    const response = await call('get', '/api/v1/users/%zz');
    expect(response.status).toBe(400);
    expect(response.body).toMatchObject({ code: 'request.malformed' });
    // Once more: the route is known by now.
    await call('get', '/api/v1/users/101').expect(200);
    await call('get', '/api/v1/users/%zz').expect(400);
  });
});

describe('I8: a body that is not as the contract says names the field', () => {
  it.each<[string, Record<string, unknown>, string]>([
    ['an unknown field', { suspensionReasons: 'x' }, '/body/suspensionReasons'],
    ['a text for a flag', { triggerWebhook: 'true' }, '/body/triggerWebhook'],
    ['a number for a flag', { notifyUserViaEmail: 1 }, '/body/notifyUserViaEmail'],
    ['null for a flag', { triggerWebhook: null }, '/body/triggerWebhook'],
    ['a reason of 251 characters', { suspensionReason: 'x'.repeat(251) }, '/body/suspensionReason'],
    ['a NUL in the reason', { suspensionReason: `a${NUL}b` }, '/body/suspensionReason'],
    ['half a character in the reason', { suspensionReason: 'a\ud83d' }, '/body/suspensionReason'],
    ['a number for the reason', { suspensionReason: 7 }, '/body/suspensionReason'],
    ['a reason for the user of 251 characters', { reasonForUser: 'x'.repeat(251) }, '/body/reasonForUser'],
    ['a NUL in the reason for the user', { reasonForUser: `a${NUL}b` }, '/body/reasonForUser'],
    ['a text for an id', { blockedByUserId: '9001' }, '/body/blockedByUserId'],
    ['a negative id', { blockedByUserId: -1 }, '/body/blockedByUserId'],
    ['a fraction for an id', { blockedByUserId: 1.5 }, '/body/blockedByUserId'],
    ['an id beyond 2^53-1', { blockedByUserId: 2 ** 63 }, '/body/blockedByUserId'],
  ])('%s', async (_name, body, pointer) => {
    await expectRefused(call('patch', BLOCK).send(body), pointer);
  });

  it('a field of Object’s own is unknown too', async () => {
    const sent = call('patch', BLOCK).set('Content-Type', 'application/json').send('{"__proto__":{"x":1}}');
    await expectRefused(sent, '/body/__proto__');
    await expectRefused(call('patch', BLOCK).send({ constructor: 1 }), '/body/constructor');
  });

  it('250 characters of reason are taken, counted as people count', async () => {
    await call('patch', BLOCK)
      .send({ suspensionReason: '😀'.repeat(250) })
      .expect(204);
    expect(api.calls).toHaveLength(1);
  });

  it('names every fault at once', async () => {
    const response = await call('patch', BLOCK).send({ triggerWebhook: 'x', extra: 1, blockedByUserId: -1 });
    const { errors } = response.body as { errors: { pointer: string; detail: string }[] };
    expect(errors).toEqual(
      expect.arrayContaining([
        { pointer: '/body/extra', detail: 'is not a field of this operation' },
        { pointer: '/body/triggerWebhook', detail: 'must be boolean' },
        { pointer: '/body/blockedByUserId', detail: 'must be >= 0' },
      ]),
    );
  });

  it('says in words what is missing', async () => {
    const response = await call('post', SESSIONS).send({ clientId: 'web' });
    expect(response.body).toMatchObject({ errors: [{ pointer: '/body/expiresAt', detail: 'is required' }] });
  });

  it.each(['[]', '[{}]', '"text"', '7', 'null', 'true'])('%s in place of an object', async (text) => {
    const sent = call('patch', BLOCK).set('Content-Type', 'application/json').send(text);
    await expectRefused(sent, '/body');
  });

  it.each(['{', '{"triggerWebhook":', "{'a':1}", '{"a":1}}', `{"a":"${NUL}"}`, 'NaN'])(
    'malformed JSON: %j',
    async (text) => {
      const sent = call('patch', BLOCK).set('Content-Type', 'application/json').send(text);
      await expectRefused(sent, '/body');
    },
  );

  it.each<[string, Record<string, unknown>, string]>([
    ['no expiry', { clientId: 'web' }, '/body/expiresAt'],
    ['no client', { expiresAt: '2099-01-01T00:00:00Z' }, '/body/clientId'],
    ['an empty client', { clientId: '', expiresAt: '2099-01-01T00:00:00Z' }, '/body/clientId'],
    ['a date without a time', { clientId: 'web', expiresAt: '2099-01-01' }, '/body/expiresAt'],
    ['a time without a zone', { clientId: 'web', expiresAt: '2099-01-01T00:00:00' }, '/body/expiresAt'],
    ['an epoch for a time', { clientId: 'web', expiresAt: 4_070_908_800 }, '/body/expiresAt'],
    [
      'a session id with a space',
      { clientId: 'web', expiresAt: '2099-01-01T00:00:00Z', sessionId: 'a b' },
      '/body/sessionId',
    ],
    [
      'a session id of 256 characters',
      { clientId: 'web', expiresAt: '2099-01-01T00:00:00Z', sessionId: 'a'.repeat(256) },
      '/body/sessionId',
    ],
  ])('a session with %s', async (_name, body, pointer) => {
    await expectRefused(call('post', SESSIONS).send(body), pointer);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['id 0', { id: 0 }, '/body/id'],
    ['id 1.5', { id: 1.5 }, '/body/id'],
    ['an id as text', { id: '7' }, '/body/id'],
    ['an id beyond 2^53-1', { id: 2 ** 53 }, '/body/id'],
    ['an empty uid', { uid: '' }, '/body/uid'],
    ['a uid of 101 characters', { uid: 'u'.repeat(101) }, '/body/uid'],
    ['a NUL in a name', { firstName: NUL }, '/body/firstName'],
    ['an e-mail without a domain', { email: 'ada' }, '/body/email'],
    ['two e-mail addresses', { email: 'a@example.com,b@example.com' }, '/body/email'],
    ['an address with a name', { email: 'Ada<ada@example.com>' }, '/body/email'],
    ['a header in an e-mail', { email: 'a@example.com\r\nBcc:b@example.com' }, '/body/email'],
    ['a language that is none', { locale: 'en_GB' }, '/body/locale'],
  ])('a user with %s', async (_name, body, pointer) => {
    await expectRefused(call('post', '/api/v1/users').send(body), pointer);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['no event types', { url: 'https://a.example' }, '/body/eventTypes'],
    ['an empty list of them', { url: 'https://a.example', eventTypes: [] }, '/body/eventTypes'],
    ['an unknown one', { url: 'https://a.example', eventTypes: ['user.forgotten'] }, '/body/eventTypes/0'],
    [
      'one twice',
      { url: 'https://a.example', eventTypes: ['user.blocked', 'user.blocked'] },
      '/body/eventTypes',
    ],
    ['no address', { eventTypes: ['user.blocked'] }, '/body/url'],
    ['an address that is none', { url: 'nowhere at all', eventTypes: ['user.blocked'] }, '/body/url'],
  ])('an endpoint with %s', async (_name, body, pointer) => {
    await expectRefused(call('post', '/api/v1/webhook-endpoints').send(body), pointer);
  });
});

describe('I8: a query or a header that is not as the contract says names it', () => {
  it.each([
    ['limit=0', '/query/limit'],
    ['limit=201', '/query/limit'],
    ['limit=x', '/query/limit'],
    ['limit=1.5', '/query/limit'],
    ['limit=', '/query/limit'],
    ['limit=1&limit=2', '/query/limit'],
    ['status=blocked', '/query/status'],
    ['cursor=%00', '/query/cursor'],
    ['uid=%00', '/query/uid'],
    ['uid=%ED%A0%80', null],
    ['page=2', '/query/page'],
    ['status[a]=active', '/query/status'],
    ['__proto__=1', '/query/__proto__'],
  ])('%s', async (query, pointer) => {
    const sent = call('get', `/api/v1/users?${query}`);
    if (pointer === null) await sent.expect(200);
    else await expectRefused(sent, pointer);
  });

  it('the default of a parameter is filled in, and numbers are numbers', async () => {
    await call('get', '/api/v1/users').expect(200);
    await call('get', '/api/v1/users?limit=7').expect(200);
    expect(api.calls.map(({ request: { query } }) => query)).toEqual([{ limit: 50 }, { limit: 7 }]);
  });
});

describe('content types', () => {
  it('a body without one: 415', async () => {
    const sent = call('patch', BLOCK).set('Content-Type', '').send('{}');
    await expectRefused(sent, '/headers/content-type', 415);
  });

  it.each([
    'text/plain',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/xml',
    'application/merge-patch+json',
    'application/jsonp',
    'x',
  ])('a body as %s: 415', async (type) => {
    await expectRefused(
      call('patch', BLOCK).set('Content-Type', type).send('{}'),
      '/headers/content-type',
      415,
    );
  });

  it.each(['application/json', 'application/json; charset=utf-8', 'Application/JSON;charset="UTF-8"'])(
    'a body as %s is taken',
    async (type) => {
      await call('patch', BLOCK).set('Content-Type', type).send('{"triggerWebhook":true}').expect(204);
      expect(api.calls[0]?.request.body).toMatchObject({ triggerWebhook: true });
    },
  );

  it('a charset or a coding that nobody speaks: 415', async () => {
    await call('patch', BLOCK).set('Content-Type', 'application/json; charset=latin1').send('{}').expect(415);
    await call('patch', BLOCK).set('Content-Encoding', 'rot13').send({ triggerWebhook: true }).expect(415);
  });

  it('no body needs no content type, and one without a body says nothing', async () => {
    await call('patch', BLOCK).expect(204);
    await call('patch', BLOCK).set('Content-Type', 'application/json').expect(204);
    await call('patch', BLOCK).set('Content-Type', 'text/plain').expect(204);
    await call('delete', SESSIONS).set('Content-Type', 'application/json').expect(204);
    expect(api.calls.map(({ request: { body } }) => body)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('a body that the operation needs and does not get names /body', async () => {
    await expectRefused(call('post', SESSIONS), '/body');
    await expectRefused(call('post', SESSIONS).set('Content-Type', 'application/json'), '/body');
    const chunked = call('post', '/api/v1/users').set('Transfer-Encoding', 'chunked');
    await expectRefused(chunked.set('Content-Type', 'application/json'), '/body');
  });
});

describe('paths and methods', () => {
  it.each(['/', '/api/v1', '/api/v1/nothing', '/API/V1/users', '/api/v1/users/101/block/x'])(
    '%s: 404',
    async (path) => {
      const response = await call('get', path);
      expect(response.status).toBe(404);
      expect(response.body).toMatchObject({
        code: 'request.unknown_path',
        requestId: expect.any(String) as string,
      });
    },
  );

  it('a method that the path does not have: 405 and what it has', async () => {
    for (const attempt of [1, 2]) {
      const response = await call('post', BLOCK).send({ attempt });
      expect(response.status).toBe(405);
      expect(response.headers.allow).toBe('PATCH');
      expect(response.body).toMatchObject({ code: 'request.method_not_allowed' });
    }
  });
});
