import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { ConfigurationError, introspectionAudiences, loadConfig, type ProcessName } from '../src/config';

const key = randomBytes(32).toString('base64');
const complete = {
  DATABASE_URL: 'postgres://app@localhost/portcullis',
  ENCRYPTION_KEYS: `k1:${key}`,
  AUDIT_KEY: key,
  PUBLIC_URL: 'https://portcullis.example.com',
  ISSUER: 'https://id.example.com',
  AUDIENCE: 'https://portcullis.example.com',
  SMTP_URL: 'smtp://localhost',
  MAIL_FROM: 'no-reply@example.com',
};

/** What is wrong, fault by fault. */
function faultsOf(env: NodeJS.ProcessEnv, processName: ProcessName = 'api'): string[] {
  try {
    loadConfig(processName, env);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
}
const faultsWith = (env: NodeJS.ProcessEnv, processName?: ProcessName) =>
  faultsOf({ ...complete, ...env }, processName);

describe('a complete configuration', () => {
  it('of the API: what is not said has its default', () => {
    expect(loadConfig('api', complete)).toMatchObject({
      NODE_ENV: 'production',
      PORT: 3000,
      HOST: '::',
      ENCRYPTION_KEYS: [{ id: 'k1', key: Buffer.from(key, 'base64') }],
      WEBHOOK_ALLOWED_NETWORKS: [],
      CLOCK_SKEW: 5,
      JWKS_MAX_STALE: 86_400,
    });
  });

  it.each<ProcessName>(['api', 'worker', 'migrate'])(
    'of %s is frozen, and holds nothing it does not ask for',
    (name) => {
      const config = loadConfig(name, { ...complete, HOME: '/root', AWS_SECRET: 'x' });
      expect(Object.isFrozen(config)).toBe(true);
      expect(config).not.toHaveProperty('HOME');
      expect(config).not.toHaveProperty('AWS_SECRET');
    },
  );

  it.each(['http://localhost:3000', 'http://127.0.0.1:3000/portcullis', 'http://[::1]:3000'])(
    'may have its issuer at %s, on one’s own machine',
    (url) => {
      expect(faultsWith({ PUBLIC_URL: url })).toEqual([]);
    },
  );

  it('of a migration needs a database and no more', () => {
    expect(faultsOf({ DATABASE_URL: complete.DATABASE_URL }, 'migrate')).toEqual([]);
  });

  it('of a verification of the audit trail needs database and keys, and no queue', () => {
    const { ENCRYPTION_KEYS, AUDIT_KEY } = complete;
    expect(
      faultsOf({ DATABASE_URL: 'mysql://localhost/portcullis', ENCRYPTION_KEYS, AUDIT_KEY }, 'audit'),
    ).toEqual([]);
  });

  it('an empty value is an absent one', () => {
    expect(loadConfig('api', { ...complete, PORT: '', REDIS_URL: '' })).toMatchObject({ PORT: 3000 });
    expect(faultsWith({ ISSUER: '' })).toEqual(['ISSUER is missing']);
  });

  it('of introspection: which client may ask about which audience', () => {
    expect(introspectionAudiences(loadConfig('api', complete))).toEqual([complete.AUDIENCE]);
    const config = loadConfig('api', {
      ...complete,
      INTROSPECTION_AUDIENCES: 'urn:orders, urn:x?a=b',
      INTROSPECTION_CLIENTS: 'shop = urn:orders  urn:x?a=b,desk=urn:orders',
    });
    expect(introspectionAudiences(config)).toEqual(['urn:orders', 'urn:x?a=b']);
    expect([...config.INTROSPECTION_CLIENTS]).toEqual([
      ['shop', ['urn:orders', 'urn:x?a=b']],
      ['desk', ['urn:orders']],
    ]);
  });

  it('reads lists: of networks, keys and seconds', () => {
    const keys = `k2:${randomBytes(32).toString('base64')}, k1:${key}`;
    const networks = '127.0.0.1/32, fd00::/8';
    const config = loadConfig('worker', {
      ...complete,
      ENCRYPTION_KEYS: keys,
      WEBHOOK_ALLOWED_NETWORKS: networks,
      DELIVERY_RETRY_SCHEDULE: '0,5, 300',
    });
    expect(config.ENCRYPTION_KEYS.map(({ id }) => id)).toEqual(['k2', 'k1']);
    expect(config.WEBHOOK_ALLOWED_NETWORKS).toEqual(['127.0.0.1/32', 'fd00::/8']);
    expect(config.DELIVERY_RETRY_SCHEDULE).toEqual([0, 5, 300]);
  });

  it('speaks no dialect but those that are named', () => {
    expect(loadConfig('api', complete).DIALECTS).toEqual([]);
    expect(loadConfig('api', { ...complete, DIALECTS: 'zim, cometchat' }).DIALECTS).toEqual([
      'zim',
      'cometchat',
    ]);
  });
});

describe('a configuration with faults stops the start', () => {
  it('with every fault at once', () => {
    expect(faultsOf({})).toEqual([
      'DATABASE_URL is missing',
      'ENCRYPTION_KEYS is missing',
      'AUDIT_KEY is missing',
      'PUBLIC_URL is missing',
      'ISSUER is missing',
      'AUDIENCE is missing',
    ]);
    expect(faultsOf({ PORT: 'x', LOG_LEVEL: 'loud' }, 'worker').map((fault) => fault.split(' ')[0])).toEqual([
      'LOG_LEVEL',
      'DATABASE_URL',
      'ENCRYPTION_KEYS',
      'AUDIT_KEY',
      'PUBLIC_URL',
      'ISSUER',
      'SMTP_URL',
      'MAIL_FROM',
    ]);
  });

  it('in one message that lists them', () => {
    const error = new ConfigurationError(['A is missing', 'B is wrong']);
    expect(error.message).toBe('The configuration is not usable:\n  - A is missing\n  - B is wrong');
  });

  it.each(['mysql://localhost/p', 'mariadb://localhost/p'])(
    '%s without Redis: says that jobs need it',
    (url) => {
      expect(faultsWith({ DATABASE_URL: url })).toEqual([
        expect.stringMatching(/^REDIS_URL is missing.*jobs/),
      ]);
      expect(faultsWith({ DATABASE_URL: url, REDIS_URL: 'redis://localhost' })).toEqual([]);
    },
  );

  it.each([
    ['DATABASE_URL', 'sqlite://file'],
    ['REDIS_URL', 'http://localhost'],
    ['ISSUER', 'not a url'],
    ['ISSUER', 'ftp://id.example.com'],
    ['JWKS_URL', 'file:///keys'],
    ['PUBLIC_URL', 'portcullis.example.com'],
    // The issuer is compared letter by letter, and has neither (SSF 1.0, section 7.1).
    ['PUBLIC_URL', 'https://portcullis.example.com/'],
    ['PUBLIC_URL', 'http://portcullis.example.com'],
    ['PUBLIC_URL', 'http://127.0.0.1.example.com'],
    ['PUBLIC_URL', 'http://localhost@portcullis.example.com'],
    ['PUBLIC_URL', 'https://portcullis.example.com?a=b'],
    ['PUBLIC_URL', 'https://portcullis.example.com#a'],
    ['PORT', '70000'],
    ['PORT', '-1'],
    ['PORT', '80a'],
    ['ADMIN_PORT', '1.5'],
    ['CLOCK_SKEW', '61'],
    ['CLOCK_SKEW', '-1'],
    ['MAX_TOKEN_LIFETIME', '59'],
    // Longer than ends of access are kept in any case.
    ['MAX_TOKEN_LIFETIME', '86401'],
    ['DATABASE_POOL_SIZE', '1'],
    ['LOG_LEVEL', 'loud'],
    ['QUEUE_PREFIX', 'a:b'],
    ['VALIDATE_RESPONSES', 'yes'],
    ['WEBHOOK_ALLOWED_NETWORKS', '127.0.0.1'],
    ['TRUSTED_PROXIES', '10.0.0.1'],
    ['AUDIT_KEY', 'short'],
    ['AUDIT_KEY', randomBytes(33).toString('base64')],
    ['INTROSPECTION_AUDIENCES', ' , '],
    ['DIALECTS', 'cometchat,sendbird'],
    ['INTROSPECTION_CLIENTS', 'shop'],
    ['INTROSPECTION_CLIENTS', 'shop='],
    ['INTROSPECTION_CLIENTS', `=${complete.AUDIENCE}`],
    ['INTROSPECTION_CLIENTS', `shop=${complete.AUDIENCE},shop=${complete.AUDIENCE}`],
    // A slip of the pen would look like tokens that are never active.
    ['INTROSPECTION_CLIENTS', 'shop=urn:oders'],
    ['ENCRYPTION_KEYS', 'nothing'],
    ['ENCRYPTION_KEYS', ' , '],
    ['ENCRYPTION_KEYS', `k1:${randomBytes(31).toString('base64')}`],
    ['ENCRYPTION_KEYS', `:${key}`],
    ['ENCRYPTION_KEYS', `k.1:${key}`],
    ['ENCRYPTION_KEYS', `k1:${key},k2:short`],
    // The second would never be found, and what it encrypted would be lost.
    ['ENCRYPTION_KEYS', `k1:${key},k1:${randomBytes(32).toString('base64')}`],
  ])('%s=%s', (name, value) => {
    const faults = faultsWith({ [name]: value });
    expect(faults).toHaveLength(1);
    expect(faults[0]?.startsWith(`${name} `)).toBe(true);
  });

  it.each([
    ['SMTP_URL', 'http://localhost'],
    ['SIGNING_KEY_ROTATION', '0.5'],
    ['SSF_PAUSE_AFTER', '-1'],
    ['SSF_MAX_BACKLOG', '1'],
    ['SSF_REASON_ADMIN', 'yes'],
    ['WORKER_CONCURRENCY', '0'],
    ['WEBHOOK_TIMEOUT', '61'],
    ['WEBHOOK_DISABLE_AFTER', '-1'],
    ['RETENTION_GUARDS', '0.5'],
    ['MAIL_FROM', 'nobody'],
    ['MAIL_FROM', 'Acme <no-reply@example.com>\r\nBcc: eve@example.net'],
    ['MAIL_FROM', 'a@example.com, b@example.com'],
    ['MAIL_SUPPORT_ADDRESS', 'ask us'],
    ['MAIL_SUPPORT_ADDRESS', 'javascript:alert(1)'],
    ['MAIL_COLOR', 'red'],
    ['MAIL_COLOR', '#12345'],
    ['MAIL_LOCALE', 'no tag'],
    ['MAIL_RATE', '-1'],
    ['MAIL_TIMEOUT', '301'],
    ['DELIVERY_RETRY_SCHEDULE', '0,x'],
    ['DELIVERY_RETRY_SCHEDULE', '-1'],
  ])('of the worker: %s=%s', (name, value) => {
    const faults = faultsWith({ [name]: value }, 'worker');
    expect(faults).toHaveLength(1);
    expect(faults[0]?.startsWith(`${name} `)).toBe(true);
  });

  describe('DKIM', () => {
    const pem = (modulusLength: number) =>
      generateKeyPairSync('rsa', { modulusLength })
        .privateKey.export({ type: 'pkcs8', format: 'pem' })
        .toString();
    const dkim = { DKIM_DOMAIN: 'example.com', DKIM_SELECTOR: 'mail2026', DKIM_PRIVATE_KEY: pem(2048) };

    it('takes the key as PEM, in one line or in many, or as the base64 of it', () => {
      for (const key of [
        dkim.DKIM_PRIVATE_KEY,
        dkim.DKIM_PRIVATE_KEY.replaceAll('\n', '\\n'),
        Buffer.from(dkim.DKIM_PRIVATE_KEY).toString('base64'),
      ]) {
        const config = loadConfig('worker', { ...complete, ...dkim, DKIM_PRIVATE_KEY: key });
        expect(config.DKIM_PRIVATE_KEY).toBe(dkim.DKIM_PRIVATE_KEY);
      }
    });

    it.each(Object.keys(dkim))('takes all three, or none: without %s', (name) => {
      expect(faultsWith({ ...dkim, [name]: undefined }, 'worker')).toEqual([
        expect.stringMatching(new RegExp(`^${name} is missing`)),
      ]);
    });

    it.each([
      ['no key', 'hunter2'],
      [
        'a key of another kind',
        generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      ],
      ['a key that is too short (RFC 8301, 3.2)', pem(512)],
    ])('refuses %s, and does not show it (I7)', (_what, key) => {
      const faults = faultsWith({ ...dkim, DKIM_PRIVATE_KEY: key }, 'worker');
      expect(faults).toEqual([expect.stringMatching(/^DKIM_PRIVATE_KEY must be an RSA key/)]);
      expect(faults.join()).not.toContain(key.slice(0, 20));
    });
  });

  it('I7: and never shows a value that may be a secret', () => {
    const secrets = {
      DATABASE_URL: 'oracle://app:hunter2@db',
      REDIS_URL: 'http://:hunter2@redis',
      ENCRYPTION_KEYS: 'k1:hunter2',
      AUDIT_KEY: 'hunter2',
      SMTP_URL: 'http://app:hunter2@mail',
    };
    for (const name of ['api', 'worker'] as const) {
      const faults = faultsWith(secrets, name);
      expect(faults.length).toBeGreaterThanOrEqual(3);
      expect(faults.join()).not.toContain('hunter2');
    }
  });
});
