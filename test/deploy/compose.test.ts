import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { loadConfig } from '../../src/config';

interface Service {
  image?: string;
  command?: string[];
  environment?: Record<string, string | number>;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  security_opt?: string[];
  networks?: string[];
  ports?: string[];
  depends_on?: Record<string, { condition: string }>;
  healthcheck?: { disable?: boolean; test?: string[] };
}

const project = join(__dirname, '../..');
const read = (file: string) => readFileSync(join(project, file), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  services: Record<string, Service>;
  networks: Record<string, { internal?: boolean }>;
};
const service = (name: string): Service => compose.services[name] ?? {};
const own = ['migrate', 'api', 'worker'];

/** As Compose does it: `${NAME:-default}` and `${NAME:?message}`. */
const interpolate = (text: string, values: Record<string, string>): string =>
  text.replaceAll(/\$\{(\w+)(?::([-?])([^}]*))?\}/g, (_, name: string, kind?: string, rest = '') => {
    const value = values[name];
    if (value) return value;
    if (kind === '-') return rest as string;
    throw new Error(`${name} is not set: ${String(rest)}`);
  });

const filledIn = {
  MYSQL_PASSWORD: 'a1b2',
  VALKEY_PASSWORD: 'c3d4',
  ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
  AUDIT_KEY: Buffer.alloc(32).toString('base64'),
  PUBLIC_URL: 'https://portcullis.example.com',
  ISSUER: 'https://id.example.com',
  AUDIENCE: 'https://portcullis.example.com',
  MAIL_FROM: 'Portcullis <no-reply@example.com>',
};
const environmentOf = (name: string, values: Record<string, string> = filledIn): Record<string, string> =>
  Object.fromEntries(
    Object.entries(service(name).environment ?? {}).map(([key, value]) => [
      key,
      interpolate(String(value), values),
    ]),
  );

describe('docker-compose.yml', () => {
  it('gives each process an environment that it can start with', () => {
    expect(loadConfig('api', environmentOf('api'))).toMatchObject({ PORT: 3000, ADMIN_PORT: 3002 });
    expect(loadConfig('worker', environmentOf('worker'))).toMatchObject({ WORKER_PORT: 3001 });
    expect(loadConfig('migrate', environmentOf('migrate')).DATABASE_URL).toBe(
      'mysql://portcullis:a1b2@mysql:3306/portcullis',
    );
  });

  it('passes on the limits and the times that .env gives', () => {
    const given = {
      ...filledIn,
      RATE_LIMIT_DEFAULT: '7',
      RATE_LIMIT_SESSIONS: '70',
      RATE_LIMIT_REVOCATIONS: '700',
      BIO_RE_RATE_LIMIT: '20',
      BLOCK_LIST_MAX: '50',
      MAX_TOKEN_LIFETIME: '600',
      RETENTION_GUARDS: '3',
      RETENTION_SUSPENSION_JOBS: '7',
      RETENTION_AUDIT_RECORDS: '365',
    };
    const limits = {
      RATE_LIMIT_DEFAULT: 7,
      RATE_LIMIT_SESSIONS: 70,
      RATE_LIMIT_REVOCATIONS: 700,
      BIO_RE_RATE_LIMIT: 20,
      BLOCK_LIST_MAX: 50,
      MAX_TOKEN_LIFETIME: 600,
    };
    expect(loadConfig('api', environmentOf('api', given))).toMatchObject(limits);
    const kept = {
      RETENTION_SESSIONS: 30,
      RETENTION_GUARDS: 3,
      RETENTION_SUSPENSION_JOBS: 7,
      RETENTION_AUDIT_RECORDS: 365,
    };
    expect(loadConfig('worker', environmentOf('worker', given))).toMatchObject(kept);
  });

  it.each(['MYSQL_PASSWORD', 'VALKEY_PASSWORD', 'ENCRYPTION_KEYS', 'AUDIT_KEY', 'ISSUER', 'AUDIENCE'])(
    'has no default for %s, so that nobody runs on a secret that everybody knows',
    (name) => {
      expect(() => environmentOf('api', { ...filledIn, [name]: '' })).toThrow(name);
    },
  );

  it('names every variable that has to be filled in in the example, without a value for secrets', () => {
    const example = read('deploy/.env.example');
    const required = [...read('docker-compose.yml').matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name);
    for (const name of new Set(required)) expect(example).toMatch(new RegExp(`^${name}=`, 'm'));
    expect(example).toMatch(/^MYSQL_PASSWORD=$/m);
    expect(example).toMatch(/^VALKEY_PASSWORD=$/m);
    expect(example).toMatch(/^ENCRYPTION_KEYS=$/m);
    expect(example).toMatch(/^AUDIT_KEY=$/m);
  });

  it.each(own)('runs %s without rights that it does not need', (name) => {
    expect(service(name)).toMatchObject({
      user: 'node',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('starts API and worker on a migrated schema, and the migration on a database that answers', () => {
    for (const name of ['api', 'worker']) {
      expect(service(name).depends_on).toMatchObject({
        migrate: { condition: 'service_completed_successfully' },
      });
    }
    expect(service('migrate').depends_on).toMatchObject({
      mysql: { condition: 'service_healthy' },
      valkey: { condition: 'service_healthy' },
    });
  });

  it('keeps database and queue on a network without a way out, and publishes none of their ports', () => {
    expect(compose.networks.data).toEqual({ internal: true });
    for (const name of ['mysql', 'valkey']) {
      expect(service(name)).toMatchObject({ networks: ['data'] });
      expect(service(name).ports).toBeUndefined();
    }
  });

  it('checks the health of everything that stays up', () => {
    for (const [name, { healthcheck }] of Object.entries(compose.services)) {
      expect({ name, checked: healthcheck?.test !== undefined }).toEqual({
        name,
        checked: name !== 'migrate',
      });
    }
  });
});
