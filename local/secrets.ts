import { createHash, generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';

const text = z.string().min(1);
const client = z.object({ clientId: text, clientSecret: text, scope: text });
const secretsFile = z.object({
  /** As ENCRYPTION_KEYS wants it. */
  encryptionKeys: text,
  /** As AUDIT_KEY wants it. */
  auditKey: text.optional(),
  /** The issuer's private key, a JWK (RFC 7517). */
  signingKey: z.looseObject({ kty: z.literal('RSA'), kid: text, d: text }),
  clients: z.object({
    admin: client,
    reader: client,
    idp: client,
    breakglass: client.optional(),
    orders: client.optional(),
  }),
});

type SecretsFile = z.infer<typeof secretsFile>;
export type LocalClients = Required<SecretsFile['clients']>;
export type LocalSecrets = Required<Omit<SecretsFile, 'clients'>> & { clients: LocalClients };
export type LocalClient = z.infer<typeof client>;

/**
 * The secrets of this machine, made once and readable by their owner alone: tokens and encrypted columns outlive a
 * restart. Two processes that make them at the same time end up with the same ones.
 * @throws where the file is there but does not hold them
 */
export async function loadSecrets(file: string): Promise<LocalSecrets> {
  const known = await readSecrets(file);
  if (known) return known;
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.${randomUUID()}`;
  await writeFile(unfinished, JSON.stringify(generateSecrets(), null, 2), { mode: 0o600 });
  // Unlike a rename, link(2) leaves alone what another process was faster to write.
  await link(unfinished, file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  await rm(unfinished);
  return loadSecrets(file);
}

async function readSecrets(file: string): Promise<LocalSecrets | undefined> {
  const content = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (content === undefined) return undefined;
  try {
    return completed(secretsFile.parse(JSON.parse(content)));
  } catch (error) {
    throw new Error(`${file} does not hold the secrets of this machine. Remove it to have new ones made.`, {
      cause: error,
    });
  }
}

/** A file from before there was one of these gets one that is the same at each start. */
function completed(secrets: SecretsFile): LocalSecrets {
  const { encryptionKeys, auditKey, clients } = secrets;
  const derived = (name: string) => createHash('sha256').update(`${name}/${encryptionKeys}`);
  const derivedClient = (clientId: string, scope: string): LocalClient => ({
    clientId,
    clientSecret: derived(clientId).digest('base64url'),
    scope,
  });
  return {
    ...secrets,
    auditKey: auditKey ?? derived('audit').digest('base64'),
    clients: {
      ...clients,
      breakglass: clients.breakglass ?? derivedClient('breakglass', BREAKGLASS_SCOPE),
      orders: clients.orders ?? derivedClient('orders', GUARD_SCOPE),
    },
  };
}

/** What `system_api` does not imply is granted by name. */
const BREAKGLASS_SCOPE = 'system_api users:block-protected';

/** What a resource server's guard needs: the feed, and introspection where it is told to ask. */
const GUARD_SCOPE = 'revocations:read tokens:introspect';

function generateSecrets(): LocalSecrets {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = privateKey.export({ format: 'jwk' });
  const made = secretsFile.parse({
    encryptionKeys: `local:${randomBytes(32).toString('base64')}`,
    auditKey: randomBytes(32).toString('base64'),
    signingKey: { ...jwk, kid: randomBytes(8).toString('hex'), alg: 'RS256', use: 'sig' },
    clients: {
      admin: generateClient('admin', 'system_api access:fence signing_keys:manage'),
      reader: generateClient('reader', 'users:read'),
      idp: generateClient('idp', 'users:read users:write sessions:read sessions:write'),
      breakglass: generateClient('breakglass', BREAKGLASS_SCOPE),
      orders: generateClient('orders', GUARD_SCOPE),
    },
  });
  return completed(made);
}

const generateClient = (clientId: string, scope: string): LocalClient => ({
  clientId,
  clientSecret: randomBytes(24).toString('base64url'),
  scope,
});
