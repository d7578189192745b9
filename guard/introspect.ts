import type { Credentials } from './credentials';
import { asError, type Report } from './events';
import { type Fetch, requestJson, StatusError } from './request';
import { type Claims, refuse, type Verdict } from './verdict';

/** What is done with a token that is good in itself while the guard cannot know whether it was revoked. */
export type JudgeStale = (token: string, claims: Claims) => Promise<Verdict>;

export interface IntrospectOptions {
  url: URL;
  timeoutMs: number;
  credentials: Credentials;
  fetch: Fetch;
  closed: AbortSignal;
  report: Report;
}

/** Asks Portcullis about the token (RFC 7662, section 2.1). Where it does not answer, the token is refused. */
export function createIntrospect({
  url,
  timeoutMs,
  credentials,
  fetch,
  closed,
  report,
}: IntrospectOptions): JudgeStale {
  const ask = async (token: string): Promise<unknown> => {
    const own = await credentials.current();
    const headers = { authorization: `Bearer ${own}` };
    const body = new URLSearchParams({ token, token_type_hint: 'access_token' });
    const answer = await requestJson(fetch, url, { method: 'POST', headers, body, timeoutMs, closed });
    if (answer.status === 401) credentials.drop(own);
    if (answer.status !== 200) throw new StatusError(answer);
    return answer.body;
  };

  return async (token, claims) => {
    try {
      const { active, sub } = ((await ask(token)) ?? {}) as { active?: unknown; sub?: unknown };
      // RFC 7662, section 2.2: `active` is a boolean; nothing that merely looks like it counts.
      return active === true && sub === claims.sub ? { active, claims } : refuse('inactive');
    } catch (error) {
      report({ type: 'introspection_failed', error: asError(error) });
      return refuse('stale');
    }
  };
}
