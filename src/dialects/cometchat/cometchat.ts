import { join } from 'node:path';
import type { Database } from '../../database/database';
import type { ChannelName } from '../../events/channel';
import { readContract } from '../../http/contract';
import type { RateLimits } from '../../http/rate-limits/rate-limits';
import { createFindLiveKey } from '../cometchat-keys/find-live-key';
import { createDialect, type Dialect, type DialectGround } from '../dialect';
import { authenticateKey } from './authenticate-key';
import { type BlockedUsersUseCases, createBlockedUsersRoutes } from './blocked-users.routes';
import { limitKeys } from './limit-keys';
import { refuse } from './refuse';
import { createUsersRoutes, type UserUseCases } from './users.routes';

/** The use cases behind the operations. */
export type CometchatUseCases = UserUseCases & BlockedUsersUseCases;

export interface CometchatParts {
  database: Database;
  rateLimits: Pick<RateLimits, 'take'>;
  useCases: CometchatUseCases;
  /** Who is told of what clients do to accounts. */
  notify: readonly ChannelName[];
}

/** CometChat's REST API, version 3: its users and blocked users, as far as Portcullis knows them. */
export const createCometchat = (
  { database, rateLimits, useCases, notify }: CometchatParts,
  ground: DialectGround,
): Dialect =>
  createDialect(
    {
      name: 'cometchat',
      document: readContract(join(__dirname, 'openapi.yaml')),
      security: { apiKey: authenticateKey(createFindLiveKey(database)) },
      limits: limitKeys(rateLimits),
      handlers: {
        ...createUsersRoutes(database, useCases, notify),
        ...createBlockedUsersRoutes(database, useCases),
      },
      refuse,
      owns: (path) => path === '/v3' || path.startsWith('/v3/'),
    },
    ground,
  );
