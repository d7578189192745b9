import { Redis } from 'ioredis';
import { createConnection } from 'mysql2/promise';

/** @throws with what to do, where the suite could not run: a suite that skips what it was asked for proves nothing. */
export async function assertMysqlAndRedis(mysqlUrl: string, redisUrl: string): Promise<void> {
  try {
    const connection = await createConnection(mysqlUrl.replace('{database}', 'mysql'));
    await connection.end();
  } catch (error) {
    throw new Error(
      `No MySQL or MariaDB answers at ${redacted(mysqlUrl)} (${String(error)}). Start one, or name another with ` +
        'TEST_MYSQL_URL=mysql://user:password@host:port/{database}; the account must be allowed to create databases.',
      { cause: error },
    );
  }
  const redis = new Redis(redisUrl, {
    lazyConnect: true,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
  } catch (error) {
    throw new Error(
      `No Redis or Valkey answers at ${redacted(redisUrl)} (${String(error)}). Start one, or name another with TEST_REDIS_URL.`,
      { cause: error },
    );
  } finally {
    redis.disconnect();
  }
}

const redacted = (url: string): string => url.replace(/:[^:@/]*@/, ':***@');
