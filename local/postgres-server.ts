import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import type { Account } from './postgres-account';
import type { PostgresBinaries } from './postgres-binaries';
import { endingWithParent, hasEnded, waitUntil } from './processes';

export const SUPERUSER = 'app';
/** It only names the socket: nothing listens on the network. */
export const SOCKET_PORT = 5432;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 10_000;

/** The data directory gets its name last: one that is there is whole, whatever was killed meanwhile. */
export async function initialisePostgres(
  { initdb }: PostgresBinaries,
  place: string,
  account: Account | undefined,
  fsync: boolean,
): Promise<void> {
  const unfinished = join(place, 'data.new');
  await rm(unfinished, { recursive: true, force: true });
  const settings = ['--auth=trust', '-E', 'UTF8', '--locale=C', ...(fsync ? [] : ['--no-sync'])];
  const made = spawnSync(initdb, ['-D', unfinished, '-U', SUPERUSER, ...settings], {
    ...account,
    cwd: place,
    env: serverEnvironment(),
    encoding: 'utf8',
  });
  if (made.status !== 0) {
    throw new Error(`initdb failed in ${place}: ${made.error?.message ?? (made.stderr || made.stdout)}`);
  }
  await rename(unfinished, join(place, 'data'));
}

export interface RunningServer {
  server: ChildProcess;
  ended: Promise<void>;
}

interface ServerPlaces {
  place: string;
  data: string;
  socketDirectory: string;
  log: string;
  fsync: boolean;
  account: Account | undefined;
}

/** @throws with the last lines of the server's log */
export async function launchServer(
  binaries: PostgresBinaries,
  places: ServerPlaces,
  url: string,
): Promise<RunningServer> {
  const server = spawnServer(binaries, places);
  const ended = new Promise<void>((resolve) => {
    server.once('exit', () => resolve()).once('error', () => resolve());
  });
  try {
    await untilReady(url, server);
    return { server, ended };
  } catch (error) {
    await stopServer(server, ended);
    const log = await readFile(places.log, 'utf8').catch(() => '');
    const lastWords = log.trim().split('\n').slice(-10).join('\n');
    throw new Error(`The embedded PostgreSQL did not start in ${places.place}:\n${lastWords}`, {
      cause: error,
    });
  }
}

function spawnServer({ postgres }: PostgresBinaries, places: ServerPlaces): ChildProcess {
  const { place, data, socketDirectory, fsync, account } = places;
  const settings = {
    listen_addresses: '',
    // A list, parted by commas: quoted, a comma or a space in the path is part of it.
    unix_socket_directories: `"${socketDirectory.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
    port: String(SOCKET_PORT),
    max_connections: '200',
    timezone: 'UTC',
    log_timezone: 'UTC',
    ...(fsync ? {} : { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' }),
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  const [command, commandArguments] = endingWithParent(postgres, ['-D', data, ...flags]);
  const log = openSync(places.log, 'w');
  try {
    // A process group of its own: Ctrl-C in the terminal is for the parent, which stops its parts in order.
    return spawn(command, commandArguments, {
      ...account,
      cwd: place,
      detached: true,
      env: serverEnvironment(),
      stdio: ['ignore', log, log],
    });
  } finally {
    closeSync(log);
  }
}

/** Nothing of ours: PG* variables and locales of the caller would change the server. */
const serverEnvironment = (): NodeJS.ProcessEnv => ({ PATH: process.env.PATH, LC_ALL: 'C', TZ: 'UTC' });

async function untilReady(url: string, server: ChildProcess): Promise<void> {
  const end = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new Client({ connectionString: url, ssl: false });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (hasEnded(server) || Date.now() >= end) throw error;
      await sleep(25);
    }
  }
}

/** Fast shutdown (SIGINT), then an immediate one (SIGQUIT), from which the next start recovers. */
export async function stopServer(server: ChildProcess, ended: Promise<void>): Promise<void> {
  if (hasEnded(server)) return;
  server.kill('SIGINT');
  if (!(await waitUntil(() => hasEnded(server), STOP_TIMEOUT_MS))) server.kill('SIGQUIT');
  await ended;
}
