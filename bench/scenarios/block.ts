import { engineOf } from '../../src/database/data-source';
import type { Keyring } from '../../src/database/keyring';
import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import type { Contender, Receivers } from '../contender';
import { overHttp } from '../contenders/http';
import { oneTripMysql } from '../contenders/one-trip-mysql';
import { oneTripPostgres } from '../contenders/one-trip-postgres';
import { rawMysql } from '../contenders/raw-mysql';
import { rawPostgres } from '../contenders/raw-postgres';
import { startBenchIssuer } from '../issuer';
import { emptySample, measure } from '../measure';
import { report, type Result } from '../report';
import { openDatabase } from '../open-database';
import { startApiProcess } from '../processes';
import { progress, say } from '../progress';
import { registerEndpoint } from '../register-endpoint';
import { seedUsers, USERS } from '../seed';

const CONCURRENCIES = [1, 8, 32];
const WARM_UP_SECONDS = 6;
const SLICES = 6;
const SLICE_SECONDS = 2;

/**
 * Block and unblock over HTTP against two floors of the same run, interleaved: "raw", the straightforward transaction
 * statement by statement, and "one trip", a stored procedure.
 */
export async function block(place: BenchDatabase): Promise<void> {
  const issuer = await startBenchIssuer();
  try {
    const keys = newBenchKeys();
    const receivers = await seedAll(place, keys.keyring);
    const api = await startApiProcess(place, { keys, issuer });
    try {
      const results: Result[] = [];
      for (const concurrency of CONCURRENCIES) {
        const floors = await openFloors(place.url, concurrency, receivers);
        results.push(...(await race([...floors, overHttp(api.url, issuer.token, concurrency)], concurrency)));
      }
      say('');
      console.log(report(results));
    } finally {
      await api.stop();
    }
  } finally {
    issuer.close();
  }
}

async function seedAll(place: BenchDatabase, keyring: Keyring): Promise<Receivers> {
  const database = await openDatabase(place, 2);
  await seedUsers(database);
  const endpointId = await registerEndpoint(database, keyring);
  await database.close();
  return { endpointId };
}

async function openFloors(databaseUrl: string, callers: number, receivers: Receivers): Promise<Contender[]> {
  return engineOf(databaseUrl).name === 'mysql'
    ? [rawMysql(databaseUrl, callers, receivers), await oneTripMysql(databaseUrl, callers, receivers)]
    : [rawPostgres(databaseUrl, callers, receivers), await oneTripPostgres(databaseUrl, callers, receivers)];
}

/** Interleaved, so that what the machine does besides hits all alike. */
async function race(contenders: readonly Contender[], concurrency: number): Promise<Result[]> {
  const results = contenders.map(({ name }) => ({ concurrency, contender: name, sample: emptySample() }));
  try {
    for (const contender of contenders) {
      progress(`${concurrency} callers: warming up ${contender.name}`);
      await measure(contender, USERS, concurrency, WARM_UP_SECONDS, emptySample());
    }
    for (let slice = 1; slice <= SLICES; slice++) {
      for (const [index, contender] of contenders.entries()) {
        progress(`${concurrency} callers: round ${slice} of ${SLICES}, ${contender.name}`);
        await measure(contender, USERS, concurrency, SLICE_SECONDS, results[index]?.sample ?? emptySample());
      }
    }
    return results;
  } finally {
    // An open connection would keep the database from being dropped.
    await Promise.all(contenders.map((contender) => contender.close()));
  }
}
