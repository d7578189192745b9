import { randomUUID } from 'node:crypto';
import { sql } from '../../../src/database/sql';
import type { components } from '../../../src/http/contract.generated';
import type { Call } from '../../support/http-client';
import type { TestApi } from '../../support/test-api';

type Schemas = components['schemas'];
export type UserBody = Schemas['User'];
export type SessionBody = Schemas['Session'];
export type EndpointBody = Schemas['WebhookEndpointWithSecret'];
export type ReceiptBody = Schemas['Receipt'];
export type ProblemBody = Schemas['Problem'];

/** Every scope that an operation of the contract asks for. */
export const ALL_SCOPES = [
  'users:read',
  'users:write',
  'users:block',
  'users:unblock',
  'users:deactivate',
  'users:erase',
  'sessions:read',
  'sessions:write',
  'access:fence',
  'signing_keys:manage',
  'revocations:read',
  'tokens:introspect',
  'tokens:revoke',
  'webhooks:manage',
  'logout_clients:manage',
  'audit:read',
  'ssf.read',
  'ssf.manage',
];

export const FAR_FUTURE = '2099-12-31T23:59:59.000Z';

/** @throws where the answer is not the one that the test builds on */
async function made<T>(call: Call, path: string, body: unknown): Promise<T> {
  const answer = await call('POST', path, { body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const newUser = (api: TestApi, body: Schemas['CreateUser'] = { email: 'ada@example.com' }) =>
  made<UserBody>(api.call, '/api/v1/users', body);

export const newSession = (api: TestApi, userId: number, more: Partial<Schemas['CreateSession']> = {}) =>
  made<SessionBody>(api.call, `/api/v1/users/${userId}/sessions`, {
    clientId: 'web',
    expiresAt: FAR_FUTURE,
    ...more,
  });

export const newEndpoint = (
  api: TestApi,
  eventTypes: Schemas['EventPattern'][] = ['user.blocked', 'user.unblocked'],
  more: Partial<Schemas['CreateWebhookEndpoint']> = {},
) =>
  made<EndpointBody>(api.call, '/api/v1/webhook-endpoints', {
    url: 'http://127.0.0.1:9/hook',
    eventTypes,
    ...more,
  });

/** Another client each time: one is registered once. */
export const newLogoutClient = (api: TestApi, more: Partial<Schemas['CreateLogoutClient']> = {}) =>
  made<Schemas['LogoutClient']>(api.call, '/api/v1/logout-clients', {
    clientId: `client-${randomUUID()}`,
    logoutUri: 'http://127.0.0.1:9/logout',
    ...more,
  });

export async function getUser(api: TestApi, userId: number, token?: string): Promise<UserBody> {
  return (await api.call('GET', `/api/v1/users/${userId}`, { token })).body;
}

export async function isActive(api: TestApi, sessionId: string): Promise<boolean> {
  const { body } = await api.call('GET', `/api/v1/sessions/${sessionId}`);
  return (body as SessionBody).active;
}

/** Marks a break-glass account. */
export async function protect(api: TestApi, userId: number): Promise<void> {
  await api.services.database.query(sql`UPDATE users SET protected = TRUE WHERE id = ${userId}`);
}

interface ChangeOptions {
  body?: unknown;
  token?: string;
}

/** Blocks or unblocks with `Prefer: return=representation`. */
export async function change(
  api: TestApi,
  action: 'block' | 'unblock',
  userId: number,
  { body, token }: ChangeOptions = {},
): Promise<ReceiptBody> {
  const headers = { prefer: 'return=representation' };
  const answer = await api.call('PATCH', `/api/v1/users/${userId}/${action}`, { body, token, headers });
  if (answer.status !== 200)
    throw new Error(`${action} ${userId}: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

/** The token of a system client with these scopes. */
export const clientToken = (api: TestApi, ...scopes: string[]): Promise<string> =>
  api.issuer.sign({ sub: 'client-7', client_id: 'client-7', scope: scopes.join(' ') });

/** The token of a user who signed in to a client that has these scopes. */
export const userToken = (api: TestApi, ...scopes: string[]): Promise<string> =>
  api.issuer.sign({ sub: 'some-user', client_id: 'client-7', scope: scopes.join(' ') });

/** Calls something that answers 204. @throws where the answer is another */
export async function done(api: TestApi, method: string, path: string, body?: unknown): Promise<void> {
  const answer = await api.call(method, path, { body });
  if (answer.status !== 204)
    throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
}

/** A token that may touch protected users, besides all that a system client may. */
export const breakGlassToken = (api: TestApi): Promise<string> =>
  clientToken(api, 'system_api', 'users:block-protected');

export async function newProtectedUser(api: TestApi): Promise<UserBody> {
  const { id } = await newUser(api);
  const answer = await api.call('PATCH', `/api/v1/users/${id}`, {
    body: { protected: true },
    token: await breakGlassToken(api),
  });
  return answer.body;
}
