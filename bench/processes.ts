import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { preloadedFor } from '../local/children';
import type { BenchDatabase } from './bench-database';
import type { BenchKeys } from './bench-keys';
import type { BenchIssuer } from './issuer';

export interface BenchProcess {
  url: string;
  stop(): Promise<void>;
  /** With SIGKILL: it has no time to tell anybody. */
  kill(): Promise<void>;
}

const START_PATIENCE_MS = 120_000;

/**
 * The API as it runs in production, log included, as a process of its own.
 * @param more of its environment, over what is usual here
 */
export const startApiProcess = (
  place: BenchDatabase,
  { keys, issuer }: { keys: BenchKeys; issuer: BenchIssuer },
  more: NodeJS.ProcessEnv = {},
): Promise<BenchProcess> =>
  startProcess('src/api.ts', {
    ...common(place, keys),
    PORT: '0',
    DATABASE_POOL_SIZE: '16',
    ISSUER: issuer.url,
    JWKS_URL: `${issuer.url}/jwks`,
    AUDIENCE: issuer.audience,
    // One client sends everything, as fast as it can.
    RATE_LIMIT_DEFAULT: '0',
    RATE_LIMIT_SESSIONS: '0',
    ...more,
  });

/** The worker as it runs in production; it may send to this machine. */
export const startWorkerProcess = (
  place: BenchDatabase,
  { keys, issuer, concurrency }: { keys: BenchKeys; issuer: BenchIssuer; concurrency: number },
): Promise<BenchProcess> =>
  startProcess('workers/main.ts', {
    ...common(place, keys),
    ISSUER: issuer.url,
    WORKER_PORT: '0',
    WORKER_CONCURRENCY: String(concurrency),
    WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'Portcullis <no-reply@bench.test>',
  });

const common = (place: BenchDatabase, keys: BenchKeys): NodeJS.ProcessEnv => ({
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  DATABASE_URL: place.url,
  REDIS_URL: place.redisUrl ?? '',
  QUEUE_PREFIX: place.queuePrefix,
  PUBLIC_URL: 'https://portcullis.bench',
  ...keys.environment,
});

/** An entry that logs `listening` with its port; it ends when we do. */
export async function startProcess(
  entry: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<BenchProcess> {
  const child: ChildProcess = spawn(process.execPath, [...preloadedFor(entry), entry], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: { ...process.env, ...environment },
  });
  const port = await portOf(child, entry);
  // Its log is read and dropped, as a collector would read it.
  child.stdout?.resume();
  const end = async (signal: NodeJS.Signals) => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill(signal);
    await once(child, 'exit');
  };
  return {
    url: `http://127.0.0.1:${port}`,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  };
}

function portOf(child: ChildProcess, entry: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`${entry} did not start in time`)), START_PATIENCE_MS);
    child.once('exit', (code) => reject(new Error(`${entry} ended with ${code}`)));
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    lines.on('line', (line) => {
      const { port, msg } = JSON.parse(line) as { port?: number; msg?: string };
      if (msg !== 'listening' || port === undefined) return;
      clearTimeout(late);
      lines.close();
      resolve(port);
    });
  });
}
