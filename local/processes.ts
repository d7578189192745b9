import { type ChildProcess, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

interface ProcessState {
  zombie: boolean;
  parent: number;
  /** Clock ticks since boot; tells a process from a later one that got the same pid. */
  startedAt: string;
}

/** What Linux tells about a process (proc(5), /proc/[pid]/stat); undefined elsewhere and where it is gone. */
function processState(pid: number): ProcessState | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name stands in parentheses and may hold spaces and parentheses itself.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { zombie: fields[0] === 'Z', parent: Number(fields[1]), startedAt: fields[19] ?? '' };
  } catch {
    return undefined;
  }
}

/** Whether the process runs. A zombie does not: it only waits for a parent that may never ask for it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !processState(pid)?.zombie;
}

/** A mark that a later process with the same pid does not share; empty where the system does not tell. */
export const startMark = (pid: number): string => processState(pid)?.startedAt ?? '';

export const parentOf = (pid: number): number | undefined => processState(pid)?.parent;

/** Whether a process that we started runs no more, or never did. */
export const hasEnded = ({ exitCode, signalCode, pid }: ChildProcess): boolean =>
  pid === undefined || exitCode !== null || signalCode !== null;

/** Waits until `holds` says so. Answers whether it did within `timeoutMs`. */
export async function waitUntil(
  holds: () => boolean | Promise<boolean>,
  timeoutMs: number,
  everyMs = 25,
): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await holds()) return true;
    if (Date.now() >= end) return false;
    await sleep(everyMs);
  }
}

/**
 * The command, wrapped where the system can so that the kernel interrupts it when its parent is gone, killed with
 * -9 included (prctl(2), PR_SET_PDEATHSIG). Elsewhere the next start finds and stops what was left over.
 */
export function endingWithParent(command: string, commandArguments: string[]): [string, string[]] {
  const options = ['--pdeathsig', 'INT'];
  const usable =
    process.platform === 'linux' &&
    spawnSync('setpriv', [...options, 'true'], { stdio: 'ignore' }).status === 0;
  return usable ? ['setpriv', [...options, command, ...commandArguments]] : [command, commandArguments];
}
