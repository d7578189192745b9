import { join } from 'node:path';
import type { Database } from '../../database/database';
import { authenticateSystemToken } from '../../http/authentication';
import { readContract } from '../../http/contract';
import { limitClients } from '../../http/rate-limits/rate-limit';
import type { RateLimits } from '../../http/rate-limits/rate-limits';
import type { VerifyToken } from '../../http/token-verifier';
import { createDialect, type Dialect, type DialectGround } from '../dialect';
import { createCometchatKeysRoutes } from './cometchat-keys.routes';

export interface CometchatKeysParts {
  database: Database;
  verify: VerifyToken;
  rateLimits: Pick<RateLimits, 'take'>;
}

/**
 * Where the keys of CometChat's dialect are made and taken back. It is spoken like our own API, with the issuer's tokens
 * and problem documents, and stands beside it only because it comes and goes with the dialect.
 */
export const createCometchatKeys = (
  { database, verify, rateLimits }: CometchatKeysParts,
  ground: DialectGround,
): Dialect =>
  createDialect(
    {
      name: 'cometchat-keys',
      document: readContract(join(__dirname, 'openapi.yaml')),
      security: { systemToken: authenticateSystemToken(verify) },
      limits: limitClients(rateLimits),
      handlers: createCometchatKeysRoutes(database),
    },
    ground,
  );
