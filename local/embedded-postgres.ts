import { realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, escapeIdentifier } from 'pg';
import { exists, postgresAccount, preparePlace, prepareShortPlace, removePlace } from './postgres-account';
import { findPostgresBinaries } from './postgres-binaries';
import { stopLeftoverPostgres } from './postgres-leftover';
import { initialisePostgres, launchServer, SOCKET_PORT, stopServer, SUPERUSER } from './postgres-server';

export interface EmbeddedPostgresOptions {
  /** Belongs to the server alone; made where it is not there. Its data outlives the server. */
  directory: string;
  /** Whether what is committed survives a power cut. `false` is for data that is thrown away. */
  fsync?: boolean;
}

export interface EmbeddedPostgres {
  /** For `pg` and whatever stands on it; the name goes in as it is. */
  url(database: string): string;
  hasDatabase(name: string): Promise<boolean>;
  /** @param template the database to copy, which nobody may be using */
  createDatabase(name: string, template?: string): Promise<void>;
  /** Ends the database's connections and removes it. */
  dropDatabase(name: string): Promise<void>;
  /** Settles when the server has ended, wanted or not. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** `sun_path` of unix(7) on macOS, the shortest; Linux has four more. */
const LONGEST_SOCKET_PATH = 103;

/**
 * Starts a real PostgreSQL from npm's binaries on a unix socket that only this account reaches. A server that an
 * earlier start left behind in the directory is stopped first.
 * @throws with the server's own last words where it does not start
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  if (process.platform === 'win32') {
    throw new Error('The embedded PostgreSQL needs unix sockets: use WSL, or set DATABASE_URL.');
  }
  const { directory, fsync = true } = options;
  const account = await postgresAccount(directory);
  const place = await realpath(await preparePlace(directory, account));
  const binaries = await findPostgresBinaries(place, account);
  const data = join(place, 'data');
  await stopLeftoverPostgres(data);
  if (!(await exists(data))) await initialisePostgres(binaries, place, account, fsync);

  const tooLong = Buffer.byteLength(join(place, `.s.PGSQL.${SOCKET_PORT}`)) > LONGEST_SOCKET_PATH;
  const socketLink = join(place, 'socket');
  const socketDirectory = tooLong ? await prepareShortPlace(socketLink, account) : place;
  const url = (database: string) =>
    `postgres://${SUPERUSER}@/${database}?host=${encodeURIComponent(socketDirectory).replaceAll('%2F', '/')}&port=${SOCKET_PORT}`;
  // A lock of a killed server names a pid that another process may have by now; nobody else uses this folder.
  await rm(join(socketDirectory, `.s.PGSQL.${SOCKET_PORT}.lock`), { force: true });
  const log = join(place, 'server.log');
  const launch = () =>
    launchServer(binaries, { place, data, socketDirectory, log, fsync, account }, url('postgres'));
  const { server, ended } = await launch().catch(async (error: unknown) => {
    // Children of a killed server hold its memory until they have noticed; then it starts.
    if (!String(error).includes('shared memory block')) throw error;
    await sleep(1_000);
    return launch();
  });
  const stop = async () => {
    await stopServer(server, ended);
    if (tooLong) await removePlace(socketLink);
  };
  return { url, ended, stop, ...administration(url('postgres')) };
}

/** Removes the server's data for good; a server that was left behind on it is stopped first. */
export async function removeEmbeddedPostgres(directory: string): Promise<void> {
  const place = await realpath(directory).catch(() => undefined);
  if (place === undefined) return;
  await stopLeftoverPostgres(join(place, 'data'));
  await removePlace(join(place, 'socket'));
  await removePlace(directory);
}

function administration(
  url: string,
): Pick<EmbeddedPostgres, 'hasDatabase' | 'createDatabase' | 'dropDatabase'> {
  const query = async (statement: string, values: unknown[] = []) => {
    const client = new Client({ connectionString: url, ssl: false });
    await client.connect();
    return client.query(statement, values).finally(() => client.end());
  };
  return {
    hasDatabase: async (name) => {
      const { rowCount } = await query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
      return rowCount === 1;
    },
    createDatabase: async (name, template) => {
      const source = template === undefined ? '' : ` TEMPLATE ${escapeIdentifier(template)}`;
      await query(`CREATE DATABASE ${escapeIdentifier(name)}${source}`);
    },
    dropDatabase: async (name) => {
      await query(`DROP DATABASE IF EXISTS ${escapeIdentifier(name)} WITH (FORCE)`);
    },
  };
}
