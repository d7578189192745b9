import type { Claims, Reason, Verdict } from './verdict';

/** What the middleware leaves on the request, named as `express-oauth2-jwt-bearer` names it. */
export interface RequestAuth {
  payload: Claims;
  token: string;
}

/** As much of a request as the middleware needs: Express', and that of anything which looks like it. */
export interface GuardedRequest {
  headers: { authorization?: string | undefined };
  auth?: RequestAuth;
}

/** As much of a response as the middleware needs: that of Node itself. */
export interface GuardedResponse {
  writeHead(status: number, headers: Record<string, string>): { end(body: string): unknown };
}

export type Middleware = (
  request: GuardedRequest,
  response: GuardedResponse,
  next: () => void,
) => Promise<void>;

/** RFC 6750, section 2.1. A token is read from this header alone, never from a query or a body. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;
/** Where the guard does not know, it tries again within a second or so. */
const RETRY_AFTER_SECONDS = 1;
/** It is not the token's fault. */
const OURS: readonly Reason[] = ['stale', 'keys_unavailable'];

/** Lets a request on whose token is alive; answers 401 (RFC 6750) or, where nobody knows, 503 with Retry-After. */
export function createMiddleware(check: (token: string) => Promise<Verdict>): Middleware {
  return async (request, response, next) => {
    const header = request.headers.authorization;
    // RFC 6750, section 3.1: no error code where no credentials came.
    if (header === undefined || !/^Bearer\b/i.test(header)) return challenge(response, 'Bearer');
    const token = BEARER.exec(header)?.[1];
    const verdict: Verdict =
      token === undefined ? { active: false, reason: 'malformed' } : await check(token);
    if (!verdict.active) return refuseRequest(response, verdict.reason);
    request.auth = { payload: verdict.claims, token: token ?? '' };
    next();
  };
}

/** The reason stays here: whether somebody was suspended is nobody's business who holds her token (I7). */
function refuseRequest(response: GuardedResponse, reason: Reason): void {
  if (!OURS.includes(reason)) return challenge(response, 'Bearer error="invalid_token"');
  answer(response, 503, 'Service Unavailable', { 'Retry-After': String(RETRY_AFTER_SECONDS) });
}

const challenge = (response: GuardedResponse, scheme: string): void =>
  answer(response, 401, 'Unauthorized', { 'WWW-Authenticate': scheme });

/** RFC 9457. */
function answer(
  response: GuardedResponse,
  status: number,
  title: string,
  headers: Record<string, string>,
): void {
  response
    .writeHead(status, {
      ...headers,
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
    })
    .end(JSON.stringify({ type: 'about:blank', title, status }));
}
