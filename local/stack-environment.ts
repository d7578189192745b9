import { createHash } from 'node:crypto';
import { LOOPBACK } from './free-port';

/** Tokens are issued for it under this name; nothing has to answer there. */
export const AUDIENCE = 'https://portcullis.localhost/system-api';

export interface StackAddresses {
  databaseUrl: string;
  redisUrl?: string;
  apiPort: number;
  workerPort: number;
  issuer: string;
  smtpUrl: string;
  encryptionKeys: string;
  auditKey: string;
  queuePrefix?: string;
}

/** What src/config.ts reads, for all three processes. What is undefined is kept from them. */
export function stackEnvironment(addresses: StackAddresses): Record<string, string | undefined> {
  return {
    NODE_ENV: 'development',
    DATABASE_URL: addresses.databaseUrl,
    REDIS_URL: addresses.redisUrl,
    QUEUE_PREFIX: addresses.queuePrefix ?? queuePrefixOf(addresses.databaseUrl),
    ENCRYPTION_KEYS: addresses.encryptionKeys,
    AUDIT_KEY: addresses.auditKey,
    HOST: LOOPBACK,
    PORT: String(addresses.apiPort),
    WORKER_PORT: String(addresses.workerPort),
    // It would move their health off the ports where we wait for it.
    ADMIN_PORT: undefined,
    PUBLIC_URL: `http://${LOOPBACK}:${addresses.apiPort}`,
    SSF_RECEIVERS: '*',
    DIALECTS: 'cometchat,zim',
    ISSUER: addresses.issuer,
    AUDIENCE,
    JWKS_URL: undefined,
    SMTP_URL: addresses.smtpUrl,
    MAIL_FROM: 'Portcullis <no-reply@portcullis.localhost>',
    WEBHOOK_ALLOWED_NETWORKS: `${LOOPBACK}/32`,
    SHUTDOWN_TIMEOUT: '5',
  };
}

/** Stacks on one database share its jobs; stacks on one Redis and different databases do not. */
const queuePrefixOf = (databaseUrl: string): string =>
  `portcullis-${createHash('sha256').update(databaseUrl).digest('hex').slice(0, 8)}`;
