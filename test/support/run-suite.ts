import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../local/embedded-postgres';
import { migrateQueues } from '../../src/queues/migrate-queues';
import { runMigrations } from '../../src/database/run-migrations';
import { assertMysqlAndRedis } from './require-servers';

/**
 * `embedded`: the whole suite on the embedded PostgreSQL, which needs nothing installed. `mysql`: the same suite on
 * MySQL/MariaDB and Redis. `soak`: the invariants alone, in the counts that they are promised for, on the engine
 * that TEST_ENGINE names. Further arguments go to jest.
 */
type Mode = 'embedded' | 'mysql' | 'soak';

const [mode = 'embedded', ...jestArguments] = process.argv.slice(2) as [Mode, ...string[]];
const SUITE_LIMIT_MS = mode === 'soak' ? 6 * 3_600_000 : 17 * 60_000;
const TEMPLATE = 'portcullis_template';

async function main(): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-'));
  try {
    return await runSuite(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function runSuite(directory: string): Promise<number> {
  await build();
  const soak = mode === 'soak';
  const onMysql = mode === 'mysql' || (soak && process.env.TEST_ENGINE === 'mysql');
  const isNarrowed = jestArguments.some((argument) => argument.startsWith('test/'));
  const invariants = isNarrowed ? [] : ['test/invariants'];
  const scope = soak ? [...invariants, '--testTimeout=3600000', ...jestArguments] : jestArguments;
  const counts = soak ? { TEST_SOAK: 'true' } : {};
  return onMysql ? onServers(directory, scope, counts) : onEmbeddedPostgres(directory, scope, counts);
}

async function onServers(directory: string, scope: string[], counts: NodeJS.ProcessEnv): Promise<number> {
  const mysqlUrl = process.env.TEST_MYSQL_URL ?? 'mysql://root@127.0.0.1:3306/{database}';
  const redisUrl = process.env.TEST_REDIS_URL ?? 'redis://127.0.0.1:6379';
  await assertMysqlAndRedis(mysqlUrl, redisUrl);
  // Two suites may share a server.
  const template = `${TEMPLATE}_${process.pid}`;
  const server = await createConnection(mysqlUrl.replace('{database}', 'mysql'));
  try {
    await server.query(`CREATE DATABASE ${template}`);
    await runMigrations(mysqlUrl.replace('{database}', template));
    return await jest(scope, {
      ...counts,
      TEST_ENGINE: 'mysql',
      TEST_DATABASE_URL: mysqlUrl,
      TEST_TEMPLATE: template,
      TEST_DIRECTORY: directory,
      TEST_REDIS_URL: redisUrl,
    });
  } finally {
    await server.query(`DROP DATABASE IF EXISTS ${template}`);
    await server.end();
  }
}

async function onEmbeddedPostgres(
  directory: string,
  scope: string[],
  counts: NodeJS.ProcessEnv,
): Promise<number> {
  const place = await mkdtemp(join(tmpdir(), 'portcullis-postgres-'));
  // The data is thrown away, so nothing has to survive a power cut.
  const server = await startEmbeddedPostgres({ directory: place, fsync: false });
  try {
    await server.createDatabase(TEMPLATE);
    await runMigrations(server.url(TEMPLATE));
    await migrateQueues({ DATABASE_URL: server.url(TEMPLATE) });
    return await jest(scope, {
      ...counts,
      TEST_ENGINE: 'postgres',
      TEST_DATABASE_URL: server.url('{database}'),
      TEST_TEMPLATE: TEMPLATE,
      TEST_DIRECTORY: directory,
      // Whatever the caller has set for the other suite: here the jobs live in PostgreSQL.
      TEST_REDIS_URL: undefined,
    });
  } finally {
    await server.stop();
    await removeEmbeddedPostgres(place);
  }
}

/** What tests start as processes of their own is what would be installed: compiled, and started in half the time. */
async function build(): Promise<void> {
  const [code] = (await once(spawn('npm', ['run', '--silent', 'build'], { stdio: 'inherit' }), 'exit')) as [
    number | null,
  ];
  if (code !== 0) throw new Error('The sources cannot be compiled, so there is nothing to test.');
}

function jest(scope: string[], environment: NodeJS.ProcessEnv): Promise<number> {
  const child = spawn(process.execPath, [require.resolve('jest/bin/jest'), ...scope], {
    stdio: 'inherit',
    env: { ...process.env, ...environment },
  });
  // A suite that hangs has failed; nobody should have to find that out by waiting.
  const limit = setTimeout(() => child.kill('SIGKILL'), SUITE_LIMIT_MS).unref();
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  process.on('SIGINT', forward).on('SIGTERM', forward);
  return new Promise((resolve) => {
    child.on('exit', (code) => {
      clearTimeout(limit);
      resolve(code ?? 1);
    });
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exit(1);
  },
);
