import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createConnection } from 'mysql2/promise';
import { privatePort } from '../../support/private-port';
import { waitFor } from '../../support/processes';
import type { PrivateServer } from './private-server';

const run = promisify(execFile);

/** Debian keeps the server where only root looks. */
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };

/** @throws with what to install, where there is no mariadbd */
export async function startPrivateMariadb(directory: string): Promise<PrivateServer> {
  const data = join(directory, 'data');
  await mkdir(data);
  // mariadbd refuses to run as root.
  const asRoot = process.getuid?.() === 0;
  const account = asRoot ? ['--user=mysql'] : [];
  if (asRoot) {
    await run('chmod', ['755', directory]);
    await run('chown', ['mysql', data]);
  }
  const common = ['--no-defaults', ...account, `--datadir=${data}`];
  const settings = ['--auth-root-authentication-method=normal', '--skip-test-db'];
  await run('mariadb-install-db', [...common, ...settings], { env }).catch(sayWhatIsMissing);
  const port = await privatePort();
  const url = (database: string) => `mysql://root@127.0.0.1:${port}/${database}`;
  const flags = [
    `--socket=${join(data, 'server.sock')}`,
    '--bind-address=127.0.0.1',
    `--port=${port}`,
    // What a killed process has handed to the system is safe without waiting for the disk.
    '--innodb-flush-log-at-trx-commit=2',
    '--innodb-buffer-pool-size=64M',
  ];
  let server: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    if (!server || server.exitCode !== null || server.signalCode !== null) return;
    const ended = once(server, 'exit');
    server.kill(signal);
    await ended;
  };
  const start = async () => {
    server = spawn('mariadbd', [...common, ...flags], { stdio: 'ignore', env });
    await waitFor(() => answers(url('mysql')), 'the answer of mariadbd');
  };
  await start();
  return {
    url,
    start,
    kill: () => end('SIGKILL'),
    async createDatabase(name) {
      const connection = await createConnection(url('mysql'));
      await connection.query(`CREATE DATABASE ${name}`).finally(() => connection.end());
    },
    async remove() {
      await end('SIGTERM');
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function sayWhatIsMissing(error: unknown): never {
  throw new Error('MariaDB could not be set up; install it (Debian: apt-get install mariadb-server)', {
    cause: error,
  });
}

async function answers(url: string): Promise<true | undefined> {
  try {
    const connection = await createConnection(url);
    await connection.end();
    return true;
  } catch {
    return undefined;
  }
}
