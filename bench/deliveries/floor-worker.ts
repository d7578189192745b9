import { Agent, request } from 'undici';
import { openFloorWorker } from './floor-queue';

const { DATABASE_URL = '', REDIS_URL, QUEUE_PREFIX = '', WORKER_CONCURRENCY } = process.env;
const place = {
  url: DATABASE_URL,
  redisUrl: REDIS_URL === '' ? undefined : REDIS_URL,
  queuePrefix: QUEUE_PREFIX,
};
const dispatcher = new Agent({ keepAliveTimeout: 30_000 });

/** The least that sending takes: a job, a POST, and no record of either. */
const worker = openFloorWorker(place, Number(WORKER_CONCURRENCY), async ({ data: { url, id, body } }) => {
  const headers = { 'content-type': 'application/json', 'webhook-id': id };
  const response = await request(url, { method: 'POST', headers, body, dispatcher });
  await response.body.dump();
});
worker.on('error', (error) => console.error(error));
void worker.waitUntilReady().then(() => console.log(JSON.stringify({ msg: 'listening', port: 0 })));

process.once('SIGTERM', () => {
  void worker.close().then(() => process.exit(0));
});
