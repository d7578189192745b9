import { readFile, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../../local/embedded-postgres';
import type { PrivateServer } from './private-server';

/** The embedded PostgreSQL, which writes down each commit: without, a killed server would lose the last of them. */
export async function startPrivatePostgres(directory: string): Promise<PrivateServer> {
  const launch = () => startEmbeddedPostgres({ directory });
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
