import { DomainError } from '../../errors';
import { letStand, missingToken, schemeOf } from '../../http/authentication';
import { hasScope, insufficientScope } from '../../http/caller';
import type { TokenHolder } from '../../http/token-verifier';
import type { ApiKey } from '../cometchat-keys/api-key';
import type { FindLiveKey } from '../cometchat-keys/find-live-key';
import type { Authenticate } from '../dialect';

/** What a key may do, in our words. To suspend anybody, or to touch who is protected, is not among it. */
const scopesOf = ({ access, mayErase }: ApiKey): ReadonlySet<string> =>
  new Set([
    'users:read',
    ...(access === 'full' ? ['users:write', 'users:deactivate'] : []),
    ...(mayErase ? ['users:erase'] : []),
  ]);

/** The contract's `apiKey` scheme: whose key it is, and whether it may do what the operation does. */
export const authenticateKey = (findLiveKey: FindLiveKey): Authenticate =>
  schemeOf(async (request, scopes) => {
    const key = request.get('apikey') ?? '';
    if (key === '') throw missingToken();
    const apiKey = await findLiveKey(key);
    if (!apiKey) throw new DomainError('auth.invalid_token', 'The API key does not exist, or was revoked.');
    const holder = holderOf(apiKey);
    letStand(request, holder);
    if (!scopes.every((scope) => hasScope(holder, scope))) throw insufficientScope(scopes, holder.kind);
  });

function holderOf(apiKey: ApiKey): TokenHolder {
  const name = `cometchat:${apiKey.id}`;
  return { subject: name, clientId: name, kind: 'client', scopes: scopesOf(apiKey) };
}
