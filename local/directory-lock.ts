import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, startMark, waitUntil } from './processes';

export interface DirectoryLock {
  release(): Promise<void>;
}

/** Whoever was killed may need this long to notice, and to stop what it runs. */
const PATIENCE_MS = 5_000;

/**
 * Keeps a second stack off the same directory. The lock of a process that is gone counts for nothing.
 * @throws where another one holds it, with its pid
 */
export async function lockDirectory(directory: string, patienceMs = PATIENCE_MS): Promise<DirectoryLock> {
  await mkdir(directory, { recursive: true });
  const file = join(directory, 'lock');
  const mine = `${file}.${process.pid}`;
  await writeFile(mine, `${process.pid} ${startMark(process.pid)}`);
  try {
    if (!(await waitUntil(() => tryLock(mine, file), patienceMs, 100))) {
      const pid = (await readFile(file, 'utf8')).split(' ')[0];
      throw new Error(
        `Another one is running on ${directory} (pid ${pid}). Use it, or end it with Ctrl-C or kill ${pid}.`,
      );
    }
  } finally {
    await rm(mine, { force: true });
  }
  return { release: () => rm(file, { force: true }) };
}

/** link(2) lets one of several win. */
async function tryLock(mine: string, file: string): Promise<boolean> {
  const taken = await link(mine, file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
  if (!taken) await removeStale(file);
  return taken;
}

/** Takes the lock away by renaming it, which one process can do only once, and puts back one that is held. */
async function removeStale(file: string): Promise<void> {
  if (await isHeld(file)) return;
  const aside = `${file}.stale-${process.pid}`;
  const moved = await rename(file, aside).then(
    () => true,
    () => false,
  );
  if (moved && (await isHeld(aside))) await link(aside, file).catch(() => undefined);
  await rm(aside, { force: true });
}

async function isHeld(file: string): Promise<boolean> {
  const [pid, mark] = (await readFile(file, 'utf8').catch(() => '')).split(' ');
  const holder = Number(pid);
  return holder > 0 && isAlive(holder) && startMark(holder) === mark;
}
