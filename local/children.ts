import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { hasEnded, waitUntil } from './processes';

export interface ChildOptions {
  /** In messages. */
  name: string;
  /** From the project's root; a TypeScript file is compiled as it is loaded. */
  entry: string;
  environment: Record<string, string | undefined>;
  /** What it prints goes here; begins anew with each start. */
  logFile: string;
}

export interface Child {
  name: string;
  /** Settles when it has ended, wanted or not; 0 where it said that all was well. */
  readonly ended: Promise<number>;
  hasEnded(): boolean;
  /** SIGTERM, and SIGKILL where that is not enough. */
  stop(): Promise<void>;
  /** An error with the last lines that it printed. */
  failure(what: string): Promise<Error>;
}

export const PROJECT_DIRECTORY = join(__dirname, '..');
const STOP_TIMEOUT_MS = 10_000;
const READY_TIMEOUT_MS = 60_000;

/** Starts an entry of the project as a process of its own, which ends when we do. */
export function startChild({ name, entry, environment, logFile }: ChildOptions): Child {
  mkdirSync(dirname(logFile), { recursive: true });
  const log = openSync(logFile, 'w');
  const child = spawn(process.execPath, [...preloadedFor(entry), join(PROJECT_DIRECTORY, entry)], {
    cwd: PROJECT_DIRECTORY,
    // A process group of its own: Ctrl-C in the terminal is for us, and we stop our parts in order.
    detached: true,
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const ended = new Promise<number>((resolve) => {
    child.once('exit', (code) => resolve(code ?? 1)).once('error', () => resolve(1));
  });
  const failure = async (what: string) => {
    const printed = await readFile(logFile, 'utf8').catch(() => '');
    const lastLines = printed.trim().split('\n').slice(-15).join('\n');
    return new Error(`The ${name} ${what}. It said last (all of it is in ${logFile}):\n${lastLines}`);
  };
  return { name, ended, failure, hasEnded: () => hasEnded(child), stop: () => stopChild(child, ended) };
}

/** Options of Node for an entry that ends with its parent. */
export const preloadedFor = (entry: string): string[] => [
  ...(entry.endsWith('.ts') ? ['--import', pathToFileURL(require.resolve('tsx')).href] : []),
  '--import',
  pathToFileURL(join(__dirname, 'end-with-parent.mjs')).href,
];

/** Runs an entry that ends by itself. */
export async function runChild(options: ChildOptions): Promise<void> {
  const child = startChild(options);
  if ((await child.ended) !== 0) throw await child.failure('failed');
}

/** @throws where it ends, is interrupted, or does not answer 200 within a minute */
export async function waitUntilReady(child: Child, readyUrl: string, signal: AbortSignal): Promise<void> {
  const ready = await waitUntil(
    async () => child.hasEnded() || signal.aborted || (await answersOk(readyUrl)),
    READY_TIMEOUT_MS,
  );
  signal.throwIfAborted();
  if (child.hasEnded()) throw await child.failure('ended while it was starting');
  if (!ready) throw await child.failure('does not become ready');
}

const answersOk = (url: string): Promise<boolean> =>
  fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );

async function stopChild(child: ChildProcess, ended: Promise<number>): Promise<void> {
  if (hasEnded(child)) return;
  child.kill('SIGTERM');
  if (!(await waitUntil(() => hasEnded(child), STOP_TIMEOUT_MS))) child.kill('SIGKILL');
  await ended;
}
