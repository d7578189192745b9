import type { ApiConfig } from '../config';
import { createBioRe } from '../dialects/bio-re/bio-re';
import { createCometchat, type CometchatUseCases } from '../dialects/cometchat/cometchat';
import { createCometchatKeys } from '../dialects/cometchat-keys/cometchat-keys';
import type { Authenticate, Dialect, DialectGround } from '../dialects/dialect';
import { createZimApps } from '../dialects/zim-apps/zim-apps';
import { createZim, type ZimUseCases } from '../dialects/zim/zim';
import type { ExactLimit } from '../http/rate-limits/exact-limit';
import { limitClients } from '../http/rate-limits/rate-limit';
import type { RateLimits } from '../http/rate-limits/rate-limits';
import type { VerifyToken } from '../http/token-verifier';
import type { Ground } from './ground';

/** What the dialects stand on. */
export interface DialectServices extends DialectGround {
  ground: Ground;
  config: ApiConfig;
  verify: VerifyToken;
  rateLimits: Pick<RateLimits, 'take'>;
  /** A limit of so many in an hour. */
  hourly: (name: string, limit: number) => ExactLimit;
  /** The scheme of the tokens of users who call by themselves. */
  userToken: Authenticate;
  /** The same that our own API runs (I6). */
  useCases: CometchatUseCases & ZimUseCases;
}

/** The dialects that are spoken; one that is off leaves no route behind. */
export function openDialects(services: DialectServices): Dialect[] {
  const { DIALECTS } = services.config;
  return [
    openBioRe(services),
    ...(DIALECTS.includes('cometchat') ? openCometchat(services) : []),
    ...(DIALECTS.includes('zim') ? openZim(services) : []),
  ];
}

function openBioRe(services: DialectServices): Dialect {
  const { ground, config, rateLimits, hourly, userToken, useCases } = services;
  const { database, keyring } = ground;
  return createBioRe(
    {
      ...useCases,
      database,
      keyring,
      userToken,
      limits: limitClients(rateLimits),
      blocks: hourly('bio-re blocks', config.BIO_RE_RATE_LIMIT),
      log: services.log,
    },
    services,
  );
}

function openCometchat(services: DialectServices): Dialect[] {
  const { ground, config, rateLimits, verify, useCases } = services;
  const { database } = ground;
  return [
    createCometchat({ database, rateLimits, useCases, notify: config.COMETCHAT_NOTIFY }, services),
    createCometchatKeys({ database, verify, rateLimits }, services),
  ];
}

function openZim(services: DialectServices): Dialect[] {
  const { ground, rateLimits, verify, useCases } = services;
  const { database, keyring } = ground;
  const { encryption } = keyring;
  return [
    createZim({ database, encryption, rateLimits, useCases }, services),
    createZimApps({ database, encryption, verify, rateLimits }, services),
  ];
}
