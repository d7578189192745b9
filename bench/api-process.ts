import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface ApiProcess {
  url: string;
  stop(): Promise<void>;
}

/** A run has queues of its own. */
export const BENCH_QUEUES = `bench-${process.pid}`;

const START_PATIENCE_MS = 30_000;

/** The API as it runs in production, log included, as a process of its own. */
export async function startApiProcess(environment: NodeJS.ProcessEnv): Promise<ApiProcess> {
  const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', 'src/api.ts'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...process.env,
      NODE_ENV: 'production',
      HOST: '127.0.0.1',
      PORT: '0',
      ENCRYPTION_KEYS: `bench:${randomBytes(32).toString('base64')}`,
      AUDIT_KEY: randomBytes(32).toString('base64'),
      QUEUE_PREFIX: BENCH_QUEUES,
      DATABASE_POOL_SIZE: '16',
      // One client sends everything, as fast as it can.
      RATE_LIMIT_DEFAULT: '0',
      RATE_LIMIT_SESSIONS: '0',
      ...environment,
    },
  });
  const port = await portOf(child);
  // Its log is read and dropped, as a collector would read it.
  child.stdout?.resume();
  return {
    url: `http://127.0.0.1:${port}`,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('the API did not start in time')), START_PATIENCE_MS);
    child.once('exit', (code) => reject(new Error(`the API ended with ${code}`)));
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
