import type { Database } from '../../database/database';
import { isUuid } from '../../database/uuid';
import { requireScope } from '../../http/caller';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../../http/pagination';
import type { DialectHandlers } from '../dialect';
import type { ApiKey } from './api-key';
import type { components, operations } from './contract.generated';
import { type ApiKeyWithSecret, createCreateApiKey } from './create-api-key';
import { pageApiKeys } from './page-api-keys';
import { createRevokeApiKey } from './revoke-api-key';

export function createCometchatKeysRoutes(database: Database): DialectHandlers<operations> {
  const createApiKey = createCreateApiKey(database);
  const revokeApiKey = createRevokeApiKey(database);

  return {
    createCometchatKey({ body, caller, kept }) {
      // Nobody gives what is not their own.
      if (body.mayErase) requireScope(caller, 'users:erase');
      return kept(
        ({ apiKey, key }: ApiKeyWithSecret) => ({ status: 201, body: { ...show(apiKey), key } }),
        (keep) => createApiKey(body, caller, keep),
        { hidden: ['key'] },
      );
    },

    async listCometchatKeys({ query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const rows = await pageApiKeys(database, limit + 1, decodeCursor(cursor, isUuid));
      return { status: 200, body: toPage(rows, limit, show, ({ createdAt, id }) => [createdAt, id]) };
    },

    revokeCometchatKey: ({ path, caller, kept }) =>
      kept<void>(
        () => ({ status: 204 }),
        // RFC 9562, section 4: capitals are read, small letters are written.
        (keep) => revokeApiKey(path.keyId.toLowerCase(), caller, keep),
      ),
  };
}

const show = ({ createdAt, revokedAt, lastUsedAt, ...apiKey }: ApiKey): components['schemas']['ApiKey'] => ({
  ...apiKey,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
  lastUsedAt: lastUsedAt?.toISOString() ?? null,
});
