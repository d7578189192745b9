import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { CliError } from './cli-error';

const credentials = z.object({
  url: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  clientSecret: z.string(),
  audience: z.string().optional(),
  scope: z.string().optional(),
  token: z.object({ value: z.string(), expiresAt: z.number() }).optional(),
});

/** What `login` stores, for its owner alone. `expiresAt` is in milliseconds since 1970. */
export type Credentials = z.infer<typeof credentials>;

/** By the XDG base directory specification. */
const fileName = (): string =>
  join(process.env.XDG_CONFIG_HOME || join(homedir(), '.config'), 'portcullis', 'credentials.json');

/** @throws `usage` where others can read it, or it is not what `login` wrote */
export async function readCredentials(): Promise<Credentials | null> {
  const file = fileName();
  try {
    const { mode } = await stat(file);
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      throw new CliError(
        'usage',
        `Others can read ${file}, which holds a secret. Run \`chmod 600 ${file}\`.`,
      );
    }
    return credentials.parse(JSON.parse(await readFile(file, 'utf8')));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    if (error instanceof CliError) throw error;
    throw new CliError('usage', `${file} cannot be read. Run \`portcullis login\` again.`);
  }
}

/** Replaces the file as a whole, so that a command that runs at the same time reads the old one or the new one. */
export async function writeCredentials(content: Credentials): Promise<string> {
  const file = fileName();
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
  return file;
}

/** @returns whether there were any */
export async function removeCredentials(): Promise<boolean> {
  return rm(fileName()).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return false;
      throw error;
    },
  );
}
