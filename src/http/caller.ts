import { DomainError } from '../errors';

/** Who sent a request, as the access token says. */
export interface Caller {
  /** `sub`. */
  subject: string;
  clientId: string;
  /**
   * A client acts for itself where `sub` equals `client_id` (RFC 9068, section 2.2); else a user signed in. Nobody calls
   * what takes no token.
   */
  kind: 'client' | 'user' | 'nobody';
  scopes: ReadonlySet<string>;
  requestId: string;
  /** Where the request came from, past the proxies that are trusted. */
  address: string | null;
}

/** Who calls an operation that takes no token. */
export const nobody = (requestId: string): Caller => ({
  subject: '',
  clientId: '',
  kind: 'nobody',
  scopes: new Set(),
  requestId,
  address: null,
});

/** Guardhouse's one scope for system clients. */
const SYSTEM_API = 'system_api';

/** What even `system_api` does not imply: it must be granted by name. */
const GRANTED_BY_NAME = new Set(['users:block-protected', 'access:fence', 'signing_keys:manage']);

/** Whether the caller may do what `scope` names; a user's token never satisfies a system client's scope. */
export function hasScope({ kind, scopes }: Pick<Caller, 'kind' | 'scopes'>, scope: string): boolean {
  if (kind !== 'client') return false;
  return scopes.has(scope) || (scopes.has(SYSTEM_API) && !GRANTED_BY_NAME.has(scope));
}

/** Where one operation needs another scope by what it is asked for. @throws `auth.insufficient_scope` */
export function requireScope(caller: Pick<Caller, 'kind' | 'scopes'>, scope: string): void {
  if (!hasScope(caller, scope)) throw insufficientScope([scope], caller.kind);
}

export const insufficientScope = (scopes: readonly string[], kind: Caller['kind']) =>
  new DomainError(
    'auth.insufficient_scope',
    kind === 'client'
      ? `The scope ${scopes.join(' ')} is needed. Ask the issuer for a token that has it.`
      : 'This operation takes a system client’s token (client credentials), not a user’s.',
    { scope: scopes.join(' ') },
  );

/** The same of what users do themselves, with their own tokens. */
export const insufficientUserScope = (scopes: readonly string[], kind: Caller['kind']) =>
  new DomainError(
    'auth.insufficient_scope',
    kind === 'user'
      ? `The scope ${scopes.join(' ')} is needed. Ask the issuer for a token that has it.`
      : 'This operation takes a user’s own token, not a client’s.',
    { scope: scopes.join(' ') },
  );

/** Reason, category and actor of a suspension are nobody's business who may only read users (I7). */
const SEES_REASONS = ['users:block', 'users:unblock', 'audit:read'];

export const seesReasons = (caller: Pick<Caller, 'kind' | 'scopes'>): boolean =>
  SEES_REASONS.some((scope) => hasScope(caller, scope));
