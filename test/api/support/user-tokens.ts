import type { Answer, Call } from '../../support/http-client';
import { FORM_TYPE } from '../../support/http-client';
import type { TestIssuer } from '../../support/test-issuer';
import type { SessionBody } from './fixtures';

export const INTROSPECT = '/connect/introspect';

/** The access token that the provider issues to a user upon a sign-in or a touch. */
export const sessionToken = (
  { issuer }: { issuer: TestIssuer },
  uid: string,
  { sessionId, epoch }: Pick<SessionBody, 'sessionId' | 'epoch'>,
  claims: Record<string, unknown> = {},
): Promise<string> => issuer.sign({ sub: uid, client_id: 'web', sid: sessionId, epoch, ...claims });

/** Asks about a token, as a resource server does. */
export const introspect = (call: Call, token: string, caller?: string): Promise<Answer> =>
  call('POST', INTROSPECT, { body: { token }, contentType: FORM_TYPE, token: caller });

export const isTokenActive = async (call: Call, token: string): Promise<boolean> => {
  const { status, body } = await introspect(call, token);
  if (status !== 200) throw new Error(`an introspection was answered ${status} ${JSON.stringify(body)}`);
  return (body as { active: boolean }).active;
};
