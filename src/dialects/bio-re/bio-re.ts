import { join } from 'node:path';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { readContract } from '../../http/contract';
import { type Authenticate, createDialect, type Dialect, type DialectGround } from '../dialect';
import { type BlockListParts, createBlockListHandlers } from './block-list.handlers';
import { refuse } from './refuse';

export interface BioReParts extends BlockListParts {
  userToken: Authenticate;
  limits: readonly (RequestHandler | ErrorRequestHandler)[];
}

/** What a user does for herself, as bio.re's clients call it. Its paths lie between those of our own API, and none is both. */
export const createBioRe = ({ userToken, limits, ...parts }: BioReParts, ground: DialectGround): Dialect =>
  createDialect(
    {
      name: 'bio-re',
      document: readContract(join(__dirname, 'openapi.yaml')),
      security: { userToken },
      limits,
      handlers: createBlockListHandlers(parts),
      refuse,
    },
    ground,
  );
