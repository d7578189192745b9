import type { components } from '../../../src/http/contract.generated';
import type { Answer, Call } from '../../support/http-client';

export type Session = components['schemas']['Session'];
export type User = components['schemas']['User'];
export type Receipt = components['schemas']['Receipt'];

const EXPIRES = '2099-12-31T23:59:59Z';

/** What a sign-in may be answered, whatever runs beside it. */
export type SignIn = { session: Session } | { refused: 'user.suspended' };

/** @throws for any answer but these two */
export async function signIn(call: Call, userId: number, sessionId?: string): Promise<SignIn> {
  const body = { clientId: 'web', expiresAt: EXPIRES, sessionId };
  return toSignIn(
    await call('POST', `/api/v1/users/${userId}/sessions`, { body }),
    (session: Session) => session,
  );
}

/** The same through the other door, where the provider knows the uid alone. */
export async function signInByUid(call: Call, uid: string): Promise<SignIn> {
  const body = { user: { uid }, clientId: 'web', expiresAt: EXPIRES };
  const answer = await call('POST', '/api/v1/sign-ins', { body });
  return toSignIn(answer, ({ session }: { session: Session }) => session);
}

function toSignIn<Body>({ status, body }: Answer, sessionOf: (body: Body) => Session): SignIn {
  if (status === 201) return { session: sessionOf(body) };
  if (status === 403 && (body as { code: string }).code === 'user.suspended')
    return { refused: 'user.suspended' };
  throw new Error(`a sign-in was answered ${status} ${JSON.stringify(body)}`);
}

/** Whether the session may go on. @throws for any answer but yes and the refusals of a user who was blocked */
export async function touch(call: Call, sessionId: string): Promise<boolean> {
  const { status, body } = await call('POST', `/api/v1/sessions/${sessionId}/touch`);
  if (status === 200) return true;
  const { code } = body as { code: string };
  if (status === 403 && ['user.suspended', 'session.revoked'].includes(code)) return false;
  throw new Error(`a touch was answered ${status} ${JSON.stringify(body)}`);
}

export interface ChangeBody {
  triggerWebhook?: boolean;
  notifyUserViaEmail?: boolean;
}

/** Blocks or unblocks, and answers the receipt. */
export async function change(
  call: Call,
  action: 'block' | 'unblock',
  userId: number,
  body?: ChangeBody,
): Promise<Receipt> {
  const headers = { prefer: 'return=representation' };
  const answer = await call('PATCH', `/api/v1/users/${userId}/${action}`, { body, headers });
  return expected(answer, 200, action);
}

export async function createUser(call: Call, email?: string): Promise<User> {
  return expected(await call('POST', '/api/v1/users', { body: { email } }), 201, 'create a user');
}

export async function getUser(call: Call, userId: number): Promise<User> {
  return expected(await call('GET', `/api/v1/users/${userId}`), 200, 'get a user');
}

/** All sessions that a user ever had. */
export async function allSessions(call: Call, userId: number): Promise<Session[]> {
  const sessions: Session[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const answer = await call('GET', `/api/v1/users/${userId}/sessions?limit=200${query}`);
    const page: { items: Session[]; next: string | null } = expected(answer, 200, 'list sessions');
    sessions.push(...page.items);
    cursor = page.next;
  } while (cursor !== null);
  return sessions;
}

export async function activeSessions(call: Call, userId: number): Promise<Session[]> {
  return (await allSessions(call, userId)).filter(({ active }) => active);
}

/** The endpoint's secret. */
export async function registerEndpoint(call: Call, url: string): Promise<string> {
  const body = { url, eventTypes: ['user.blocked', 'user.unblocked'] };
  const answer = await call('POST', '/api/v1/webhook-endpoints', { body });
  return expected<{ secret: string }>(answer, 201, 'register an endpoint').secret;
}

export function expected<T>(answer: { status: number; body: unknown }, status: number, what: string): T {
  if (answer.status === status) return answer.body as T;
  throw new Error(`to ${what} was answered ${answer.status} ${JSON.stringify(answer.body)}`);
}
