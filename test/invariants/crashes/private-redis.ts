import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { privatePort } from '../../support/private-port';
import { waitFor } from '../../support/processes';

/** A Redis of the test's own that keeps nothing on disk: when it is killed, its data is gone. */
export interface PrivateRedis {
  url: string;
  killAndLoseAll(): Promise<void>;
  start(): Promise<void>;
}

export async function startPrivateRedis(): Promise<PrivateRedis> {
  const port = await privatePort();
  const url = `redis://127.0.0.1:${port}`;
  let server: ChildProcess | undefined;

  const start = async (): Promise<void> => {
    const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const started = spawn('redis-server', options, { stdio: 'ignore' });
    server = started;
    const failed = once(started, 'error').then(([error]) => {
      throw new Error(
        'redis-server could not be started; install it (Debian: apt-get install redis-server)',
        {
          cause: error,
        },
      );
    });
    await Promise.race([failed, waitFor(() => answers(url), 'the answer of redis-server', 20_000)]);
  };

  await start();
  return {
    url,
    start,
    async killAndLoseAll() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
  };
}

async function answers(url: string): Promise<true | undefined> {
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, retryStrategy: () => null });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    await redis.ping();
    return true;
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}
