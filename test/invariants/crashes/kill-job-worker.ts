import { toInteger } from '../../../src/database/decode';
import { commaSeparated, sql } from '../../../src/database/sql';
import type { components } from '../../../src/http/contract.generated';
import { startPlatform, waitFor } from '../../support/processes';
import { seedUsers } from '../support/seed-users';

type Job = components['schemas']['SuspensionJob'];
type Outcome = components['schemas']['SuspensionJobOutcome'];

const USERS = 4_000;

/** Workers that are killed while they run a job: another goes on with it, and nobody is done twice (I3). */
export async function killJobWorkers(rounds: number): Promise<void> {
  const platform = await startPlatform();
  try {
    const { call } = await platform.startApi();
    const ids = await seedUsers(platform.database, USERS);
    for (let round = 1; round <= rounds; round++) {
      const action = round % 2 === 1 ? 'block' : 'unblock';
      const { body } = await call('POST', `/api/v1/suspension-jobs?action=${action}`, {
        body: ids.join('\n'),
        contentType: 'text/csv',
      });
      const { id } = body as Job;
      const job = async (): Promise<Job> => (await call('GET', `/api/v1/suspension-jobs/${id}`)).body;

      const worker = await platform.startWorker();
      await waitFor(async () => ((await job()).processed > 0 ? true : undefined), 'the first chunk');
      worker.kill('SIGKILL');
      await worker.ended;
      const killedAt = (await job()).processed;
      expect(killedAt).toBeLessThan(USERS);

      const successor = await platform.startWorker();
      const done = await waitFor(async () => ((await job()).state === 'done' ? job() : undefined), 'its end');
      expect(done).toMatchObject({ total: USERS, processed: USERS, counts: { changed: USERS } });
      const { body: lines } = await call('GET', `/api/v1/suspension-jobs/${id}/outcomes`);
      expect((lines as Outcome[]).map(({ userId }) => userId)).toEqual(ids);
      // One change each and a round: whoever was done twice would have a higher epoch.
      const { rows } = await platform.database.query(
        sql`SELECT DISTINCT access_epoch FROM users WHERE id IN (${commaSeparated(ids)})`,
      );
      expect(rows.map(({ access_epoch }) => toInteger(access_epoch))).toEqual([1 + round]);
      successor.kill('SIGKILL');
      await successor.ended;
    }
  } finally {
    await platform.close();
  }
}
