import type { Database } from '../../database/database';
import { toText } from '../../database/decode';
import { sql } from '../../database/sql';
import { Uuid } from '../../database/uuid';
import type { DeliveryJob } from '../../queues/queues';
import type { Dispatcher } from './dispatcher';

export type AcceptJob = (job: DeliveryJob) => Promise<void>;

/** Hands a job to the dispatcher. One of the version before does not say whom it is for: the row does. */
export const createAcceptJob =
  (database: Database, dispatcher: Dispatcher): AcceptJob =>
  async ({ target, ...job }) => {
    const known = target ?? (await findTarget(database, job.deliveryId));
    if (known !== null) await dispatcher.accept({ ...job, target: known });
  };

async function findTarget(database: Database, deliveryId: string): Promise<string | null> {
  const { rows } = await database.query(
    sql`SELECT target FROM deliveries WHERE id = ${new Uuid(deliveryId)}`,
  );
  return rows[0] ? toText(rows[0].target) : null;
}
