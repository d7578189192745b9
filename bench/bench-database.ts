import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../local/embedded-postgres';

export interface BenchDatabase {
  url: string;
  redisUrl: string | undefined;
  /** A run has queues of its own. */
  queuePrefix: string;
  /** Removes what the run made. */
  drop(): Promise<void>;
}

/** A run's own, so that two may run at once. */
const NAME = `portcullis_bench_${process.pid}`;

/**
 * A database of the run's own: on the server that DATABASE_URL names (the database in it is left alone), else on the
 * embedded PostgreSQL, which then writes to disk at each commit as in production.
 */
export async function openBenchDatabase(environment: NodeJS.ProcessEnv): Promise<BenchDatabase> {
  const { DATABASE_URL: given, REDIS_URL: redisUrl } = environment;
  if (given === undefined) return openEmbedded();
  const server = new URL(given);
  server.pathname = `/${NAME}`;
  const administer = /^(mysql|mariadb):/.test(given) ? onMysql(given) : onPostgres(given);
  await administer(`CREATE DATABASE ${NAME}`);
  return { url: server.href, redisUrl, queuePrefix: NAME, drop: () => dropAll(administer, redisUrl) };
}

/** The jobs too: nobody consumed them. */
async function dropAll(administer: (statement: string) => Promise<void>, redisUrl?: string): Promise<void> {
  await administer(`DROP DATABASE ${NAME}`);
  if (redisUrl === undefined) return;
  const redis = new Redis(redisUrl);
  for await (const keys of redis.scanStream({ match: `{${NAME}}:*`, count: 1_000 })) {
    if ((keys as string[]).length > 0) await redis.unlink(...(keys as string[]));
  }
  redis.disconnect();
}

async function openEmbedded(): Promise<BenchDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'portcullis-bench-'));
  const server = await startEmbeddedPostgres({ directory });
  await server.createDatabase(NAME);
  return {
    url: server.url(NAME),
    redisUrl: undefined,
    queuePrefix: NAME,
    async drop() {
      await server.stop();
      await removeEmbeddedPostgres(directory);
    },
  };
}

const onMysql = (url: string) => async (statement: string) => {
  const connection = await createConnection(url);
  await connection.query(statement).finally(() => connection.end());
};

const onPostgres = (url: string) => async (statement: string) => {
  const client = new Client(url);
  await client.connect();
  await client.query(statement).finally(() => client.end());
};
