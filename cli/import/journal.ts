import { createHash } from 'node:crypto';
import { open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { CliError } from '../cli-error';

const journal = z.object({
  /** What was imported, and where to: another import does not go on from here. */
  target: z.string(),
  fingerprint: z.string(),
  /** Every line up to it is done. */
  line: z.number(),
  created: z.number(),
  exists: z.number(),
  refused: z.number(),
  /** The length of the file of refused lines at that moment. */
  refusedBytes: z.number(),
});

/** How far an import has come. It stands beside the file until all of it is done. */
export type Journal = z.infer<typeof journal>;

const FINGERPRINTED_BYTES = 64 * 1024;

const journalOf = (file: string): string => `${file}.portcullis-progress`;

/** @throws `usage` where another file or another service was imported to with the journal that lies there */
export async function readJournal(file: string, target: string): Promise<Journal> {
  const fingerprint = await fingerprintOf(file);
  const content = await readFile(journalOf(file), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (content === null) {
    return { target, fingerprint, line: 0, created: 0, exists: 0, refused: 0, refusedBytes: 0 };
  }
  const known = journal.safeParse(parsed(content)).data;
  if (known?.target === target && known.fingerprint === fingerprint) return known;
  throw new CliError(
    'usage',
    `${journalOf(file)} belongs to another import: the file or the service is not the same. ` +
      'Remove it to begin anew; what is there already is left as it is.',
  );
}

/** Replaces it as a whole: a process that is killed leaves the old one or the new one. */
export async function writeJournal(file: string, content: Journal): Promise<void> {
  const unfinished = `${journalOf(file)}.${process.pid}`;
  await writeFile(unfinished, JSON.stringify(content), { mode: 0o600 });
  await rename(unfinished, journalOf(file));
}

export const removeJournal = (file: string): Promise<void> => rm(journalOf(file), { force: true });

function parsed(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return null;
  }
}

/** By size and beginning: enough to tell another file, and quick where it is large. */
async function fingerprintOf(file: string): Promise<string> {
  const handle = await open(file, 'r').catch((error: NodeJS.ErrnoException) => {
    throw new CliError('notFound', `${file} cannot be read (${error.code}).`);
  });
  try {
    const { size } = await handle.stat();
    const { buffer, bytesRead } = await handle.read(
      Buffer.alloc(FINGERPRINTED_BYTES),
      0,
      FINGERPRINTED_BYTES,
      0,
    );
    return `${size}:${createHash('sha256').update(buffer.subarray(0, bytesRead)).digest('hex')}`;
  } finally {
    await handle.close();
  }
}
