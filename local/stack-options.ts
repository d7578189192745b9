import { join } from 'node:path';
import { z } from 'zod';
import { PROJECT_DIRECTORY } from './children';
import type { StackOptions } from './stack';

/** Where `npm start` and, in a folder of its own, `npm run demo` keep what outlives them. */
export const LOCAL_DIRECTORY = join(PROJECT_DIRECTORY, '.local');

const text = z.string().optional();
const environment = z.object({
  DATABASE_URL: text,
  REDIS_URL: text,
  QUEUE_PREFIX: text,
  ENCRYPTION_KEYS: text,
  AUDIT_KEY: text,
  PORT: z.coerce.number<string>('PORT must be a number.').int().min(0).max(65_535).optional(),
});

/**
 * What the environment and the command line ask of a stack. Both commands share one set of secrets: they may be
 * given the same database, whose encrypted columns both must read.
 * @throws with words for people
 */
export function readStackOptions(
  commandLine: readonly string[],
  env: NodeJS.ProcessEnv,
): Omit<StackOptions, 'directory' | 'progress'> {
  const unknown = commandLine.filter((argument) => argument !== '--fresh');
  if (unknown.length > 0) {
    throw new Error(
      `Unknown: ${unknown.join(' ')}. The one option is --fresh, which begins with an empty database.`,
    );
  }
  const present = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const parsed = environment.safeParse(present);
  if (!parsed.success) throw new Error(z.prettifyError(parsed.error));
  const { DATABASE_URL, REDIS_URL, QUEUE_PREFIX, ENCRYPTION_KEYS, AUDIT_KEY, PORT } = parsed.data;
  const fresh = commandLine.includes('--fresh');
  if (fresh && DATABASE_URL) {
    throw new Error(
      '--fresh empties the embedded database only. Empty the one in DATABASE_URL yourself, or unset it.',
    );
  }
  return {
    secretsFile: join(LOCAL_DIRECTORY, 'secrets.json'),
    databaseUrl: DATABASE_URL,
    redisUrl: REDIS_URL,
    queuePrefix: QUEUE_PREFIX,
    encryptionKeys: ENCRYPTION_KEYS,
    auditKey: AUDIT_KEY,
    apiPort: PORT,
    fresh,
  };
}
