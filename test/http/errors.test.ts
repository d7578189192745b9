import request from 'supertest';
import { DomainError } from '../../src/errors';
import { describeError } from '../../src/http/describe-error';
import { createFakeApi, type FakeApi } from './support/fake-api';
import { TestIssuer } from './support/issuer';
import { until } from './support/until';

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

const getUser = () => request(api.app).get('/api/v1/users/101').set('Authorization', `Bearer ${token}`);
const failWith = (error: unknown) =>
  api.replace('getUser', () => {
    throw error;
  });

/** As mysql2 and TypeORM make them: the statement and its values hang on the error. */
const driverError = (): Error =>
  Object.assign(new Error("Duplicate entry 'ada@example.com' for key 'uid'"), {
    code: 'ER_DUP_ENTRY',
    sqlMessage: "Duplicate entry 'ada@example.com'",
    sql: "INSERT INTO users VALUES ('ada@example.com')",
    parameters: ['ada@example.com'],
  });

describe('I7: an unknown error', () => {
  it.each([
    ['an Error', () => new Error('secret: whsec_abc')],
    ['a text', () => 'secret: whsec_abc'],
    ['nothing', () => undefined],
    ['null', () => null],
    ['a status of its own', () => Object.assign(new Error('secret: whsec_abc'), { status: 418 })],
  ])('%s is a plain 500 with the request id and no more', async (_name, make) => {
    failWith(make());
    const response = await getUser().set('X-Request-Id', 'my-request');
    expect(response.status).toBe(500);
    expect(response.body).toEqual({
      type: 'urn:portcullis:problem:service.internal',
      title: 'Internal error',
      status: 500,
      detail: 'Something went wrong on our side. Quote the request id when you report it.',
      code: 'service.internal',
      requestId: 'my-request',
    });
  });

  it('is logged once, under the request id, with its message and where it was thrown', async () => {
    failWith(new TypeError('x is not a function'));
    await getUser().set('X-Request-Id', 'my-request').expect(500);
    await until(() => api.logged.length === 1);
    expect(api.logged[0]).toMatchObject({
      level: 50,
      requestId: 'my-request',
      code: 'service.internal',
      error: { name: 'TypeError', message: 'x is not a function' },
    });
    expect(JSON.stringify(api.logged)).toContain('errors.test.ts');
  });

  it('of a database driver is logged without the row', async () => {
    failWith(
      new DomainError('service.busy', 'Try again.', {
        cause: new Error('wrapped', { cause: driverError() }),
      }),
    );
    await getUser().expect(503);
    await until(() => api.logged.length === 1);
    expect(JSON.stringify(api.logged)).toContain('ER_DUP_ENTRY');
    expect(JSON.stringify(api.logged)).not.toContain('ada@example.com');
  });

  it('is described without end neither in depth nor in circles', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(JSON.stringify(describeError(circle)).length).toBeLessThan(50_000);
    expect(describeError('text')).toEqual({ name: 'string', frames: [] });
  });
});

describe('a refusal', () => {
  it('carries its fields, and when to come back', async () => {
    const fields = [{ pointer: '/body/uid', detail: 'is taken' }];
    failWith(
      new DomainError('user.uid_taken', 'A user with this uid exists.', { fields, retryAfterSeconds: 7 }),
    );
    const response = await getUser();
    expect(response.status).toBe(409);
    expect(response.headers['retry-after']).toBe('7');
    expect(response.body).toMatchObject({ title: 'The uid is taken', errors: fields });
  });

  it('I7: keeps its cause to itself', async () => {
    failWith(
      new DomainError('user.not_found', 'User not found', { cause: new Error('row 7 of ada@example.com') }),
    );
    const response = await getUser().expect(404);
    expect(response.text).not.toContain('row 7');
    await until(() => api.logged.length === 1);
    expect(JSON.stringify(api.logged)).not.toContain('row 7');
  });
});
