import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startChild } from '../../local/children';
import { createDataSource, engineOf } from '../../src/database/data-source';
import { createDatabase, type Database } from '../../src/database/database';
import { type Call, createClient } from './http-client';
import { processEnvironment } from './test-api';
import { createTestDatabase, type TestDatabase } from './test-database';
import { startTestIssuer, type TestIssuer } from './test-issuer';

type LogLine = Record<string, unknown>;

/** An API or a worker that runs as a process of its own, as in production. */
export interface TestProcess {
  url: string;
  kill(signal: NodeJS.Signals): void;
  /** Its exit code; 1 where a signal ended it. */
  readonly ended: Promise<number>;
  /** Waits until it logs this message. */
  says(message: string): Promise<LogLine>;
}

export interface TestApiProcess extends TestProcess {
  /** With the token of a client that has `system_api`. */
  call: Call;
}

/** Everything that several API and worker processes share: a database, an issuer, an environment. */
export interface Platform {
  database: Database;
  issuer: TestIssuer;
  startApi(more?: NodeJS.ProcessEnv): Promise<TestApiProcess>;
  startWorker(more?: NodeJS.ProcessEnv): Promise<TestProcess>;
  /** Ends what still runs, with SIGKILL, and drops the database. */
  close(): Promise<void>;
}

const SIX_HOURS = 6 * 3600;

/**
 * @param environment of each process, over what tests have in common
 * @param given a database for it, which goes with it; else it gets one on the suite's server
 */
export async function startPlatform(
  environment: NodeJS.ProcessEnv = {},
  given?: TestDatabase,
): Promise<Platform> {
  const [testDatabase, issuer, folder] = await Promise.all([
    given ?? createTestDatabase(),
    startTestIssuer(),
    mkdtemp(join(tmpdir(), 'portcullis-processes-')),
  ]);
  const dataSource = await createDataSource({
    databaseUrl: testDatabase.url,
    poolSize: 4,
    entities: [],
  }).initialize();
  const database = createDatabase(dataSource, engineOf(testDatabase.url));
  const common = { ...processEnvironment(testDatabase.url, issuer), LOG_LEVEL: 'info', ...environment };
  // Signed here and not fetched, so that it outlives a soak of hours.
  const exp = Math.floor(Date.now() / 1000) + SIX_HOURS;
  const token = await issuer.sign({
    sub: 'admin',
    client_id: 'admin',
    scope: 'system_api',
    jti: 'soak',
    exp,
  });
  const started: TestProcess[] = [];

  const start = async (name: string, entry: string, env: NodeJS.ProcessEnv): Promise<TestProcess> => {
    const logFile = join(folder, `${name}-${randomBytes(4).toString('hex')}.log`);
    const running = await startProcess(name, entry, { ...common, ...env }, logFile);
    started.push(running);
    return running;
  };

  return {
    database,
    issuer,
    async startApi(more = {}) {
      const running = await start('API', 'dist/src/api.js', { PORT: '0', ...more });
      return { ...running, call: createClient(running.url, token) };
    },
    startWorker: (more = {}) => start('worker', 'dist/workers/main.js', { WORKER_PORT: '0', ...more }),
    async close() {
      started.forEach((running) => running.kill('SIGKILL'));
      await Promise.all(started.map(({ ended }) => ended));
      await database.close();
      await issuer.close();
      await testDatabase.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startProcess(
  name: string,
  entry: string,
  environment: NodeJS.ProcessEnv,
  logFile: string,
): Promise<TestProcess> {
  const child = startChild({ name, entry, environment, logFile });
  const says = async (message: string): Promise<LogLine> =>
    waitFor(async () => {
      const line = (await readLog(logFile)).find(({ msg }) => msg === message);
      if (!line && child.hasEnded()) throw await child.failure(`ended before it said "${message}"`);
      return line;
    }, `"${message}" of the ${name}`);
  // The port is whichever was free, so that several processes of several suites never want the same one.
  const { pid, port } = await says('listening');
  return {
    url: `http://127.0.0.1:${String(port)}`,
    ended: child.ended,
    says,
    kill: (signal) => {
      if (!child.hasEnded()) process.kill(Number(pid), signal);
    },
  };
}

async function readLog(file: string): Promise<LogLine[]> {
  const text = await readFile(file, 'utf8');
  // A last line that is still being written has no end; warnings of Node are no JSON.
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as LogLine);
}

/** Waits for the thing, not for a time: until `look` finds something. */
export async function waitFor<T>(
  look: () => T | undefined | Promise<T | undefined>,
  what: string,
  limitMs = 60_000,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > deadline) throw new Error(`it never came: ${what}`);
    await delay(20);
  }
}
