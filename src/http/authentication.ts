import type { Request } from 'express';
import ipaddr from 'ipaddr.js';
import { DomainError } from '../errors';
import { hasScope, insufficientScope } from './caller';
import { contextOf } from './request-context';
import type { VerifyToken } from './token-verifier';

/** RFC 6750, section 2.1. A token is read from this header alone, never from a query or a body. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*) *$/i;

/**
 * The contract's `systemToken` scheme: who calls, and whether the token has every scope of the operation.
 * @returns false where the request is refused; why stands in the request's context
 */
export function authenticateSystemToken(verify: VerifyToken) {
  return async (request: Request, scopes: readonly string[]): Promise<boolean> => {
    const context = contextOf(request);
    try {
      const token = bearerToken(request);
      // Once for all alternatives, which then go on in the order of the contract.
      const holder = await (context.holder ??= verify(token));
      context.caller = { ...holder, requestId: context.requestId, address: addressOf(request) };
      if (!scopes.every((scope) => hasScope(holder, scope))) throw insufficientScope(scopes, holder.kind);
      return true;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      // Of several alternatives the first says what is missing.
      context.refusal ??= error;
      return false;
    }
  };
}

/** An IPv4 address that came by a socket of IPv6 is one of IPv4 all the same. */
const addressOf = ({ ip }: Request): string | null =>
  ip !== undefined && ipaddr.isValid(ip) ? ipaddr.process(ip).toString() : null;

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
