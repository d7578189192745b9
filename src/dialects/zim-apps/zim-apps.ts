import { join } from 'node:path';
import type { Database } from '../../database/database';
import type { Encryption } from '../../database/encryption';
import { authenticateSystemToken } from '../../http/authentication';
import { readContract } from '../../http/contract';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../../http/pagination';
import { limitClients } from '../../http/rate-limits/rate-limit';
import type { RateLimits } from '../../http/rate-limits/rate-limits';
import type { VerifyToken } from '../../http/token-verifier';
import { createDialect, type Dialect, type DialectGround, type DialectHandlers } from '../dialect';
import type { operations } from './contract.generated';
import { type CreatedZimApp, createCreateZimApp } from './create-zim-app';
import { createRevokeZimApp } from './revoke-zim-app';
import type { ZimApp } from './zim-app';
import { pageZimApps } from './zim-app-queries';

export interface ZimAppsParts {
  database: Database;
  encryption: Encryption;
  verify: VerifyToken;
  rateLimits: Pick<RateLimits, 'take'>;
}

const isAppId = (key: string): boolean => /^[1-9][0-9]{0,9}$/.test(key);

/** What a system client registers apps with; it is there where the dialect of the apps is. */
export function createZimApps(parts: ZimAppsParts, ground: DialectGround): Dialect {
  const { database, encryption, verify, rateLimits } = parts;
  const createZimApp = createCreateZimApp(database, encryption);
  const revokeZimApp = createRevokeZimApp(database);
  const handlers: DialectHandlers<operations> = {
    createZimApp: ({ body, caller, kept }) =>
      kept(
        ({ serverSecret, ...app }: CreatedZimApp) => ({ status: 201, body: { ...show(app), serverSecret } }),
        (keep) => createZimApp(body, caller, keep),
        { hidden: ['serverSecret'] },
      ),

    async listZimApps({ query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const apps = await pageZimApps(database, limit + 1, decodeCursor(cursor, isAppId));
      const page = toPage(apps, limit, show, ({ createdAt, appId }) => [createdAt, String(appId)]);
      return { status: 200, body: page };
    },

    revokeZimApp: ({ path, caller, kept }) =>
      kept<void>(
        () => ({ status: 204 }),
        (keep) => revokeZimApp(Number(path.zimAppId), caller, keep),
      ),
  };
  return createDialect(
    {
      name: 'zim-apps',
      document: readContract(join(__dirname, 'openapi.yaml')),
      security: { systemToken: authenticateSystemToken(verify) },
      limits: limitClients(rateLimits),
      handlers,
    },
    ground,
  );
}

const show = ({ createdAt, revokedAt, ...app }: ZimApp) => ({
  ...app,
  createdAt: createdAt.toISOString(),
  revokedAt: revokedAt?.toISOString() ?? null,
});
