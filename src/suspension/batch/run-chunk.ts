import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { databaseNow } from '../../database/sql';
import type { Transaction } from '../../database/transaction';
import type { PlannedDelivery } from '../../events/channel';
import type { Outbox } from '../../events/outbox';
import { actorOf, commandFor, optionsOf } from './batch-options';
import { changeUsers } from './change-users';
import { type ClaimedJob, renewLease } from './claim-job';
import { NOT_FOUND } from './outcome';
import type { SuspensionJob } from './suspension-job.entity';
import {
  countOutcomes,
  endJob,
  insertNotFound,
  insertOutcomes,
  type JobItem,
  lockJob,
  moveOn,
  type OutcomeRow,
  selectItems,
  toJobItem,
} from './suspension-job-queries';
import { toSuspensionJob } from './to-suspension-job';

/** Few enough that somebody who wants one of them now waits for milliseconds. */
const USERS_A_CHUNK = 200;

/** `left`: users whom somebody else held; `lost`: the job was cancelled, or another worker has taken it over. */
export type ChunkEnd = 'more' | 'left' | 'done' | 'lost';

interface Chunk {
  end: ChunkEnd;
  deliveries: readonly PlannedDelivery[];
}

/**
 * Changes a job's next users and stores what came of them, in one transaction: whoever dies, nobody is done twice. The
 * job's row is locked before the users', by every chunk, so that a job ends between two chunks and never in one.
 * @param lock `free` leaves out users whom somebody else holds; they are the next chunk's, which waits
 */
export async function runChunk(
  database: Database,
  outbox: Outbox,
  claimed: ClaimedJob,
  lock: 'wait' | 'free',
): Promise<ChunkEnd> {
  const { end, deliveries } = await database.transaction(async (tx): Promise<Chunk> => {
    const [[row], [time]] = await tx.read(lockJob(claimed.id), databaseNow);
    const job = stillHeld(row, claimed);
    if (!job) return { end: 'lost', deliveries: [] };
    const [rows] = await tx.read(selectItems(job, USERS_A_CHUNK));
    if (rows.length > 0) return changeItems(tx, outbox, job, rows.map(toJobItem), lock);
    tx.write(endJob(job.id, 'done', toTime(time?.now)));
    return { end: 'done', deliveries: [] };
  });
  outbox.handOver(deliveries);
  return end;
}

function stillHeld(row: Row | undefined, { holder }: ClaimedJob): SuspensionJob | null {
  const job = row ? toSuspensionJob(row) : null;
  return job?.state === 'running' && job.leaseHolder === holder ? job : null;
}

async function changeItems(
  tx: Transaction,
  outbox: Outbox,
  job: SuspensionJob,
  items: readonly JobItem[],
  lock: 'wait' | 'free',
): Promise<Chunk> {
  const pending = items.filter(({ done }) => !done);
  const commands = pending.flatMap(({ userId, onlySuspensionId }) =>
    userId === null ? [] : [commandFor(optionsOf(job), userId, actorOf(job), 'job', onlySuspensionId)],
  );
  const { outcomes, deliveries } = await changeUsers(tx, outbox, commands, lock);
  const settled = pending.flatMap((item): OutcomeRow[] => {
    const outcome = item.userId === null ? NOT_FOUND : outcomes.get(item.userId);
    return outcome ? [{ position: item.position, userId: item.userId, ...outcome }] : [];
  });
  const nobody = settled.filter(({ outcome }) => outcome === 'not_found');
  const others = settled.filter(({ outcome }) => outcome !== 'not_found');
  if (nobody.length > 0) {
    const positions = nobody.map(({ position }) => position);
    tx.write(insertNotFound(job, positions));
  }
  if (others.length > 0) tx.write(insertOutcomes(job.id, others));
  if (settled.length > 0) tx.write(countOutcomes(job.id, settled));
  tx.write(renewLease(job));
  if (settled.length < pending.length) return { end: 'left', deliveries };
  tx.write(moveOn(job.id, items.at(-1)?.position ?? job.doneThrough));
  return { end: 'more', deliveries };
}
