import { execFileSync } from 'node:child_process';
import { readFile, readlink, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive, waitUntil } from './processes';

/**
 * Stops the server that a killed parent left on this data directory, if there is one. What was committed stays:
 * PostgreSQL recovers from its log at the next start.
 */
export async function stopLeftoverPostgres(dataDirectory: string): Promise<void> {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  const content = await readFile(pidFile, 'utf8').catch(() => '');
  const pid = Number.parseInt(content, 10);
  if (!Number.isInteger(pid) || pid <= 0) return;
  if (await servesFrom(pid, dataDirectory)) await stop(pid);
  // PostgreSQL would take whoever has that pid now for a server of its own, and refuse to start.
  await rm(pidFile, { force: true });
}

/** Fast shutdown first (SIGINT), then an immediate one (SIGQUIT); see "Shutting Down the Server" in PostgreSQL's manual. */
async function stop(pid: number): Promise<void> {
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    signalIfAlive(pid, signal);
    if (await waitUntil(() => !isAlive(pid), 10_000)) return;
  }
  throw new Error(
    `A PostgreSQL server of an earlier start (pid ${pid}) does not end. End it and start again.`,
  );
}

function signalIfAlive(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** A pid is used again after a while: only a process that works in the data directory is its server. */
async function servesFrom(pid: number, dataDirectory: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'linux') {
    const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => '');
    return workingDirectory === dataDirectory;
  }
  try {
    const command = execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(dataDirectory);
  } catch {
    return false;
  }
}
