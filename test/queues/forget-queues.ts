import { Redis } from 'ioredis';
import { testEnvironment } from '../support/test-environment';

/** Removes what BullMQ keeps in Redis under a test's prefix; in PostgreSQL it goes with the test's database. */
export async function forgetQueues(prefix: string): Promise<void> {
  const { redisUrl } = testEnvironment();
  if (redisUrl === undefined) return;
  const redis = new Redis(redisUrl);
  const keys = await redis.keys(`{${prefix}}:*`);
  if (keys.length > 0) await redis.del(keys);
  await redis.quit();
}
