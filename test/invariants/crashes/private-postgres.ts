import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../../local/embedded-postgres';
import type { PrivateServer } from './private-server';

/** The embedded PostgreSQL. What a killed process has handed to the system is safe without `fsync`. */
export async function startPrivatePostgres(directory: string): Promise<PrivateServer> {
  const launch = () => startEmbeddedPostgres({ directory, fsync: false });
  let server = await launch();
  return {
    url: (database) => server.url(database),
    createDatabase: (name) => server.createDatabase(name),
    async kill() {
      // The first line of `postmaster.pid`; its children end when they notice.
      const pidFile = join(await realpath(directory), 'data', 'postmaster.pid');
      process.kill(Number.parseInt(await readFile(pidFile, 'utf8'), 10), 'SIGKILL');
      await server.ended;
    },
    async start() {
      server = await launch();
    },
    async remove() {
      await server.stop();
      await removeEmbeddedPostgres(directory);
    },
  };
}
