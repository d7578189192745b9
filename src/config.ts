import { z } from 'zod';
import {
  audiencesOfClients,
  auditKey,
  commaList,
  databaseUrl,
  days,
  dkimPrivateKey,
  encryptionKeys,
  flag,
  httpUrl,
  locale,
  mailbox,
  namesOf,
  networks,
  port,
  publicUrl,
  redisUrl,
  requestsPerSecond,
  retrySchedule,
  seconds,
  supportAddress,
} from './config-values';

/** The processes that are configured from the environment; each asks only for what it uses. */
export type ProcessName = 'api' | 'worker' | 'migrate' | 'audit';

/** All faults of the environment at once, so that one restart mends them. */
export class ConfigurationError extends Error {
  constructor(readonly faults: string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
    this.name = 'ConfigurationError';
  }
}

const common = {
  NODE_ENV: z.string().default('production'),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  DATABASE_URL: databaseUrl,
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).max(500).default(10),
  REDIS_URL: redisUrl.optional(),
};
const keys = {
  ENCRYPTION_KEYS: encryptionKeys,
  AUDIT_KEY: auditKey,
};
const running = {
  ...common,
  ...keys,
  QUEUE_PREFIX: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,40}$/)
    .default('portcullis'),
  ADMIN_PORT: port.optional(),
  PUBLIC_URL: publicUrl,
  ISSUER: httpUrl,
  /** Client ids; `*` is every client that has the scope. */
  SSF_RECEIVERS: commaList.default([]),
  SSF_REASON_ADMIN: flag.default(false),
  /** Of a security event stream whose receiver stays away; 0 is never. */
  SSF_PAUSE_AFTER: days.default(5),
  SHUTDOWN_TIMEOUT: seconds.default(25),
  WEBHOOK_ALLOWED_NETWORKS: networks.default([]),
  WEBHOOK_TIMEOUT: seconds.max(60).default(15),
};

const api = {
  ...running,
  PORT: port.default(3000),
  HOST: z.string().default('::'),
  AUDIENCE: z.string().min(1),
  JWKS_URL: httpUrl.optional(),
  ACCESS_TOKEN_TYPES: commaList.default(['at+jwt', 'application/at+jwt']),
  CLOCK_SKEW: z.coerce.number().min(0).max(60).default(5),
  JWKS_MAX_STALE: seconds.default(86_400),
  /** Ends of access are kept for a week at least (`access/session-retention.ts`). */
  MAX_TOKEN_LIFETIME: z.coerce.number().int().min(60).max(86_400).default(3_600),
  EPOCH_CLAIM: z.string().min(1).max(255).default('epoch'),
  INTROSPECTION_AUDIENCES: commaList.refine((list) => list.length > 0, 'must name an audience').optional(),
  INTROSPECTION_CLIENTS: audiencesOfClients.default(new Map()),
  VALIDATE_RESPONSES: flag.optional(),
  RATE_LIMIT_DEFAULT: requestsPerSecond.default(500),
  RATE_LIMIT_SESSIONS: requestsPerSecond.default(5_000),
  RATE_LIMIT_REVOCATIONS: requestsPerSecond.default(5_000),
  /** Blocks of a user in an hour; 0 is without limit. */
  BIO_RE_RATE_LIMIT: z.coerce.number().int().min(0).default(10),
  RATE_LIMIT_COMETCHAT: requestsPerSecond.default(500),
  /** Of each action and app, as ZEGOCLOUD has it. */
  RATE_LIMIT_ZIM: requestsPerSecond.default(20),
  TRUSTED_PROXIES: networks.default([]),
  /** Users whom one may block for herself. */
  BLOCK_LIST_MAX: z.coerce.number().int().min(1).max(100_000).default(1_000),
  QUEUE_BOARD: flag.default(false),
  DIALECTS: namesOf(['cometchat', 'zim']).default([]),
  /** Who is told of what CometChat's clients do to accounts. */
  COMETCHAT_NOTIFY: namesOf(['webhook', 'email']).default(['webhook']),
};

const worker = {
  ...running,
  WORKER_PORT: port.default(3001),
  LOGOUT_ISSUER: httpUrl.optional(),
  HOST: z.string().default('::'),
  SMTP_URL: z.string().regex(/^smtps?:\/\//, 'must begin with smtp:// or smtps://'),
  /** 0 is never. */
  WEBHOOK_DISABLE_AFTER: days.default(5),
  MAIL_FROM: mailbox,
  MAIL_OPERATOR_NAME: z.string().max(100).optional(),
  MAIL_SUPPORT_ADDRESS: supportAddress.optional(),
  MAIL_COLOR: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'must be a colour such as #3047a8')
    .default('#3047a8'),
  MAIL_LOCALE: locale.default('en-GB'),
  MAIL_TEMPLATES: z.string().optional(),
  MAIL_RATE: z.coerce.number().int().min(0).default(100),
  MAIL_TIMEOUT: seconds.max(300).default(30),
  DKIM_DOMAIN: z.hostname('must be a domain').optional(),
  DKIM_SELECTOR: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,63}$/, 'must be the name of a selector')
    .optional(),
  DKIM_PRIVATE_KEY: dkimPrivateKey.optional(),
  WORKER_CONCURRENCY: z.coerce.number().int().min(1).max(1000).default(32),
  DELIVERY_RETRY_SCHEDULE: retrySchedule.default([
    0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400,
  ]),
  SSF_MAX_BACKLOG: z.coerce.number().int().min(2).default(100_000),
  /** Nobody's cache may be older than a key that begins to sign. */
  SIGNING_KEY_ROTATION: z.coerce.number().min(1).max(36_500).default(90),
  RETENTION_SESSIONS: days.default(30),
  /** A receipt of the last day knows of all guards. */
  RETENTION_GUARDS: days.refine((value) => value === 0 || value >= 1, 'must be 0 or at least 1').default(7),
  RETENTION_DELIVERIES: days.default(90),
  RETENTION_EVENTS: days.default(90),
  RETENTION_SUSPENSION_JOBS: days.default(90),
  RETENTION_AUDIT_RECORDS: days.default(0),
};

const schemas = {
  api: z.object(api),
  worker: z.object(worker),
  migrate: z.object(common),
  audit: z.object({ ...common, ...keys }),
};

type Parsed<P extends ProcessName> = z.infer<(typeof schemas)[P]>;
export type ApiConfig = Readonly<Parsed<'api'>>;
export type WorkerConfig = Readonly<Parsed<'worker'>>;
type ConfigOf<P extends ProcessName> = Readonly<Parsed<P>>;

/**
 * Reads the environment of one process once and freezes it.
 * @throws ConfigurationError that lists every fault, naming variables, and values only where they are no secrets.
 */
export function loadConfig<P extends ProcessName>(processName: P, env: NodeJS.ProcessEnv): ConfigOf<P> {
  const present = Object.fromEntries(
    Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const result = schemas[processName].safeParse(present);
  const faults = (result.error?.issues ?? []).map((issue) => {
    const name = issue.path.join('.');
    return `${name} ${name in present ? issue.message : 'is missing'}`;
  });
  if (processName !== 'audit' && /^(mysql|mariadb):/.test(present.DATABASE_URL ?? '') && !present.REDIS_URL) {
    faults.push('REDIS_URL is missing: MySQL and MariaDB keep no queue, so jobs need Redis or Valkey');
  }
  if (processName === 'worker') faults.push(...missingOfDkim(present));
  if (processName === 'api' && result.success) faults.push(...unaskedAudiences(result.data as ApiConfig));
  if (faults.length > 0 || !result.success) throw new ConfigurationError(faults);
  return Object.freeze(result.data) as ConfigOf<P>;
}

/** A slip of the pen would otherwise look like tokens that are never active. */
function unaskedAudiences(config: ApiConfig): string[] {
  const known = introspectionAudiences(config);
  const unknown = [...config.INTROSPECTION_CLIENTS.values()].flat().filter((one) => !known.includes(one));
  return unknown.map((one) => `INTROSPECTION_CLIENTS names ${one}, which INTROSPECTION_AUDIENCES does not`);
}

/** Where nothing is said, answers are held against the contract everywhere but in production. */
export const validatesResponses = ({ VALIDATE_RESPONSES, NODE_ENV }: ApiConfig): boolean =>
  VALIDATE_RESPONSES ?? NODE_ENV !== 'production';

/** Whose tokens may be asked about. */
export const introspectionAudiences = ({ INTROSPECTION_AUDIENCES, AUDIENCE }: ApiConfig): readonly string[] =>
  INTROSPECTION_AUDIENCES ?? [AUDIENCE];

/** A signature takes all of them. */
function missingOfDkim(present: Record<string, unknown>): string[] {
  const names = ['DKIM_DOMAIN', 'DKIM_SELECTOR', 'DKIM_PRIVATE_KEY'];
  const missing = names.filter((name) => !(name in present));
  return missing.length === names.length
    ? []
    : missing.map((name) => `${name} is missing: to sign e-mails takes ${names.join(', ')}`);
}
