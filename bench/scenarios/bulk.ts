import { setTimeout as delay } from 'node:timers/promises';
import pino from 'pino';
import type { Database } from '../../src/database/database';
import { startSuspensionJobs } from '../../src/suspension/batch/run-suspension-jobs';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { type BenchIssuer, startBenchIssuer } from '../issuer';
import { percentile } from '../measure';
import { openDatabase } from '../open-database';
import { openOutbox } from '../open-outbox';
import { type BenchProcess, startApiProcess } from '../processes';
import { progress, say } from '../progress';
import { registerEndpoint } from '../register-endpoint';
import { seedUsers, USERS } from '../seed';

const BATCHES = 20;
const USERS_A_BATCH = 1_000;

const log = pino({ level: 'silent' });

/** How long 1,000 users take in one call, and 100,000 in a job, uploaded as CSV; without and with a webhook each. */
export async function bulk(place: BenchDatabase): Promise<void> {
  const issuer = await startBenchIssuer();
  const keys = newBenchKeys();
  const database = await openDatabase(place, 8, keys.keyring);
  await seedUsers(database);
  await registerEndpoint(database, keys.keyring);
  const api = await startApiProcess(place, { keys, issuer });
  try {
    await batches(api, issuer);
    await jobs(place, database, api, issuer);
  } finally {
    await api.stop();
    await database.close();
    issuer.close();
  }
}

async function post(
  api: BenchProcess,
  issuer: BenchIssuer,
  path: string,
  type: string,
  body: string,
): Promise<{ id: string }> {
  const response = await fetch(`${api.url}/api/v1/${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${issuer.token}`, 'content-type': type },
    body,
  });
  if (!response.ok) throw new Error(`${path} was answered ${response.status}`);
  return (await response.json()) as { id: string };
}

async function batches(api: BenchProcess, issuer: BenchIssuer): Promise<void> {
  const took: number[] = [];
  for (let batch = 0; batch < BATCHES; batch++) {
    const action = batch % 2 === 0 ? 'block' : 'unblock';
    const userIds = Array.from({ length: USERS_A_BATCH }, (_, index) => index * 100 + 1 + (batch >> 1));
    const started = performance.now();
    await post(api, issuer, 'suspensions/batch', 'application/json', JSON.stringify({ action, userIds }));
    took.push(performance.now() - started);
    progress(`batch ${batch + 1} of ${BATCHES}`);
  }
  say('');
  const sorted = took.toSorted((a, b) => a - b);
  const [p50, worst] = [0.5, 1].map((share) => percentile(sorted, share).toFixed(0));
  console.log(`${USERS_A_BATCH} users in a batch: p50 ${p50} ms, worst ${worst} ms`);
}

async function jobs(
  place: BenchDatabase,
  database: Database,
  api: BenchProcess,
  issuer: BenchIssuer,
): Promise<void> {
  const outbox = openOutbox(place);
  const runner = startSuspensionJobs({ database, outbox, log });
  try {
    const ids = Array.from({ length: USERS }, (_, index) => index + 1).join('\n');
    for (const [action, triggerWebhook] of [
      ['block', false],
      ['unblock', true],
    ] as const) {
      const started = performance.now();
      const path = `suspension-jobs?action=${action}&triggerWebhook=${triggerWebhook}`;
      const { id } = await post(api, issuer, path, 'text/csv', ids);
      const uploaded = performance.now();
      await untilDone(api, issuer, id);
      const seconds = (ms: number) => (ms / 1000).toFixed(1);
      console.log(
        `${USERS} users in a job, ${triggerWebhook ? 'with' : 'without'} a webhook each: ` +
          `upload ${seconds(uploaded - started)} s, run ${seconds(performance.now() - uploaded)} s`,
      );
    }
  } finally {
    await runner.stop();
    await outbox.close();
  }
}

async function untilDone(api: BenchProcess, issuer: BenchIssuer, id: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${api.url}/api/v1/suspension-jobs/${id}`, {
      headers: { authorization: `Bearer ${issuer.token}` },
    });
    const { state, processed } = (await response.json()) as { state: string; processed: number };
    if (state === 'done') return say('');
    progress(`${processed} of ${USERS} done`);
    await delay(200);
  }
}
