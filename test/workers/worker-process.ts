import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { testEnvironment } from '../support/test-environment';

/** What all worker processes of a test share. */
export interface WorkerSetting {
  databaseUrl: string;
  smtpUrl: string;
  encryptionKeys: string;
  auditKey: string;
  queuePrefix: string;
}

export const newWorkerSetting = (databaseUrl: string, smtpUrl: string): WorkerSetting => ({
  databaseUrl,
  smtpUrl,
  encryptionKeys: `k1:${randomBytes(32).toString('base64')}`,
  auditKey: randomBytes(32).toString('base64'),
  queuePrefix: `test-${randomBytes(6).toString('hex')}`,
});

export interface WorkerProcess {
  url: string;
  /** Its log, parsed. */
  lines: Record<string, unknown>[];
  kill(signal: NodeJS.Signals): void;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
}

/** Starts `workers/main.ts` as a process of its own, and waits until it listens. */
export async function startWorker(
  setting: WorkerSetting,
  more: NodeJS.ProcessEnv = {},
): Promise<WorkerProcess> {
  const root = join(__dirname, '..', '..');
  const child: ChildProcess = spawn(process.execPath, ['dist/workers/main.js'], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: setting.databaseUrl,
      REDIS_URL: testEnvironment().redisUrl,
      QUEUE_PREFIX: setting.queuePrefix,
      ENCRYPTION_KEYS: setting.encryptionKeys,
      AUDIT_KEY: setting.auditKey,
      SMTP_URL: setting.smtpUrl,
      MAIL_FROM: 'no-reply@example.com',
      WEBHOOK_ALLOWED_NETWORKS: '127.0.0.1/32',
      PUBLIC_URL: 'https://portcullis.test',
      SSF_RECEIVERS: '*',
      ISSUER: 'https://id.test',
      HOST: '127.0.0.1',
      WORKER_PORT: '0',
      ...more,
    },
  });
  const exited = once(child, 'exit').then(() => ({ code: child.exitCode, signal: child.signalCode }));
  const lines: Record<string, unknown>[] = [];
  if (!child.stdout) throw new Error('the worker has no output');
  const output = createInterface(child.stdout);
  const port = await new Promise<number>((resolve, reject) => {
    output.on('line', (line) => {
      const parsed = JSON.parse(line) as Record<string, unknown>;
      lines.push(parsed);
      if (parsed.msg === 'listening') resolve(Number(parsed.port));
    });
    void exited.then(() => reject(new Error('the worker ended before it listened')));
  });
  return { url: `http://127.0.0.1:${port}`, lines, exited, kill: (signal) => child.kill(signal) };
}
