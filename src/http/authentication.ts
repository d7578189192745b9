import { isIP } from 'node:net';
import type { Request, RequestHandler } from 'express';
import { DomainError } from '../errors';
import { hasScope, insufficientScope, insufficientUserScope } from './caller';
import { plainAddress } from './ip-address';
import { contextOf } from './request-context';
import type { TokenHolder, VerifyToken } from './token-verifier';

/** RFC 6750, section 2.1. A token is read from this header alone, never from a query or a body. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/** Whether the request may do what needs these scopes; where it may not, why stands in the request's context. */
type Scheme = (request: Request, scopes: readonly string[]) => Promise<boolean>;

/** The contract's `systemToken` scheme: who calls, and whether the token has every scope of the operation. */
export const authenticateSystemToken = (verify: VerifyToken): Scheme =>
  schemeOf(async (request, scopes) => {
    const token = bearerToken(request);
    // Once for all alternatives, which then go on in the order of the contract.
    const holder = await (contextOf(request).holder ??= verify(token));
    letStand(request, holder);
    if (!scopes.every((scope) => hasScope(holder, scope))) throw insufficientScope(scopes, holder.kind);
  });

/**
 * Whose bearer token gives access at this moment; null where it does not, or is a client's (I1).
 * @throws `auth.issuer_unavailable`, `service.busy`
 */
export type FindLiveUser = (token: string) => Promise<TokenHolder | null>;

/** The `userToken` scheme, for what users do themselves: the database is asked about the token each time. */
export const authenticateUserToken = (findLiveUser: FindLiveUser, verify: VerifyToken): Scheme =>
  schemeOf(async (request, scopes) => {
    const token = bearerToken(request);
    // Who is no user that may do it may still be a client, which is told so.
    const holder = (await findLiveUser(token)) ?? (await clientOf(verify(token)));
    letStand(request, holder);
    if (holder.kind !== 'user' || !scopes.every((scope) => holder.scopes.has(scope)))
      throw insufficientUserScope(scopes, holder.kind);
  });

/** @throws `auth.invalid_token` where it is no client's */
async function clientOf(verified: Promise<TokenHolder>): Promise<TokenHolder> {
  const holder = await verified;
  if (holder.kind === 'client') return holder;
  throw new DomainError('auth.invalid_token', 'The access token gives no access any more.');
}

/**
 * A security scheme of a contract.
 * @param judge lets the caller stand in the request's context, and throws where she may not do what needs the scopes
 */
export const schemeOf =
  (judge: (request: Request, scopes: readonly string[]) => Promise<void>): Scheme =>
  async (request, scopes) => {
    try {
      await judge(request, scopes);
      return true;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Of several alternatives the first says what is missing.
      contextOf(request).refusal ??= error;
      return false;
    }
  };

/** Whoever she is, she is known from now on: a refusal is recorded under her name. */
export function letStand(request: Request, holder: TokenHolder): void {
  const context = contextOf(request);
  context.caller = { ...holder, requestId: context.requestId, address: addressOf(request) };
}

/** Where an operation takes one scope or another, who has the second was refused for the first. */
export const forgetRefusal: RequestHandler = (request, _response, next) => {
  delete contextOf(request).refusal;
  next();
};

/** Past the proxies that are trusted. */
export const addressOf = ({ ip }: Request): string | null =>
  ip !== undefined && isIP(ip) !== 0 ? plainAddress(ip) : null;

/** RFC 6750, section 2.1. @throws `auth.missing_token`, `auth.invalid_token` */
export function bearerToken(request: Request): string {
  const header = request.get('authorization');
  if (header === undefined) throw missingToken();
  const token = BEARER.exec(header)?.[1];
  if (token !== undefined) return token;
  if (/^Bearer\b/i.test(header))
    throw new DomainError('auth.invalid_token', 'The access token is malformed.');
  throw missingToken();
}

export const missingToken = () =>
  new DomainError('auth.missing_token', 'Send an access token: `Authorization: Bearer <token>`.');
