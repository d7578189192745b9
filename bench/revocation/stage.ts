import { Agent, request } from 'undici';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { type BenchIssuer, startBenchIssuer } from '../issuer';
import { openDatabase } from '../open-database';
import { type BenchProcess, startApiProcess } from '../processes';
import { seedUsers } from '../seed';
import type { ServersSetup, Way } from './messages';
import type { Settings } from './settings';

export interface BenchUser {
  id: number;
  uid: string;
}

/** What all parts share: a database with users, an issuer, and APIs as they are wanted. */
export interface Stage {
  settings: Settings;
  /** Milliseconds of `performance.now()`; a part that is not over by then gives up. */
  until: number;
  issuer: BenchIssuer;
  /** Nobody has blocked her yet. */
  nextUser(): BenchUser;
  startApi(more?: NodeJS.ProcessEnv): Promise<BenchProcess>;
  /** Where the API was before: whoever knows its address finds it again. */
  restartApi(api: BenchProcess): Promise<BenchProcess>;
  /** Resource servers that ask these APIs, spread evenly over the processes. */
  setups(way: Way, apis: readonly BenchProcess[], pauseMs?: number): ServersSetup[];
  close(): void;
}

const USERS = 2_000;

export async function openStage(place: BenchDatabase, settings: Settings): Promise<Stage> {
  const database = await openDatabase(place, 2);
  await seedUsers(database, USERS);
  await database.close();
  const issuer = await startBenchIssuer();
  const keys = newBenchKeys();
  const startApi = (more?: NodeJS.ProcessEnv) => startApiProcess(place, { keys, issuer }, more);
  let used = 0;
  return {
    settings,
    until: performance.now() + settings.limitMinutes * 60_000,
    issuer,
    nextUser() {
      if (++used > USERS) throw new Error('there are no more users');
      return { id: used, uid: `bench-${used}` };
    },
    startApi,
    restartApi: ({ url }) => startApi({ PORT: new URL(url).port }),
    setups: (way, apis, pauseMs = 0) =>
      Array.from({ length: settings.processes }, (_, index) => ({
        way,
        pauseMs,
        servers: shareOf(settings.servers, settings.processes, index),
        api: apis[index % apis.length]?.url ?? '',
        issuer: issuer.url,
        audience: issuer.audience,
        clientToken: issuer.token,
        leaseMs: settings.leaseMs,
      })),
    close: () => issuer.close(),
  };
}

const shareOf = (all: number, parts: number, index: number): number =>
  Math.floor((all * (index + 1)) / parts) - Math.floor((all * index) / parts);

/** A machine that has nothing left for a new connection is no reason to give up. */
const dispatcher = new Agent({ connectTimeout: 60_000, connections: 1 });

/** Over HTTP, as any client would. */
export async function block(api: BenchProcess, { token }: BenchIssuer, { id }: BenchUser): Promise<void> {
  const { statusCode, body } = await request(`${api.url}/api/v1/users/${id}/block`, {
    method: 'PATCH',
    dispatcher,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: '{}',
  });
  const text = await body.text();
  if (statusCode !== 204) throw new Error(`a block was answered ${statusCode}: ${text}`);
}
