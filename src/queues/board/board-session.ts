import type { CookieOptions, Request } from 'express';
import { decodeJwt } from 'jose';
import { bearerToken, missingToken } from '../../http/authentication';
import { requireScope } from '../../http/caller';
import type { VerifyToken } from '../../http/token-verifier';

/** What deliveries are managed with is what their queues are watched with. */
const SCOPE = 'webhooks:manage';

export const SESSION_COOKIE = 'portcullis_queues';

/** RFC 6265, section 6.1: browsers keep no larger cookie, and say nothing of it. */
const LONGEST_TOKEN = 4_000;

/** The token that the sign-in page left in the browser, or the header of a program. @throws `auth.missing_token` */
export function tokenOf(request: Request): string {
  if (request.get('authorization') !== undefined) return bearerToken(request);
  const cookies = (request.get('cookie') ?? '').split(/; */);
  const session = cookies.find((cookie) => cookie.startsWith(`${SESSION_COOKIE}=`));
  const token = session?.slice(SESSION_COOKIE.length + 1);
  if (token === undefined || token === '') throw missingToken();
  return token;
}

/** The same check as of every operation of the API. @throws `auth.invalid_token`, `auth.insufficient_scope` and others */
export async function assertMayWatch(verify: VerifyToken, token: string): Promise<void> {
  requireScope(await verify(token), SCOPE);
}

export const isTooLong = (token: string): boolean => token.length > LONGEST_TOKEN;

/**
 * The cookie of a token that was verified. No script reads it and no other site's request carries it; it ends when the
 * token does.
 */
export const sessionCookie = (request: Request, path: string, token?: string): CookieOptions => ({
  httpOnly: true,
  secure: request.secure,
  sameSite: 'strict',
  path,
  ...(token === undefined ? {} : { expires: new Date((decodeJwt(token).exp ?? 0) * 1000) }),
});
