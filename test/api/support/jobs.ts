import { createOutbox, type Outbox } from '../../../src/events/outbox';
import type { components } from '../../../src/http/contract.generated';
import { newUuid } from '../../../src/database/uuid';
import { channels } from '../../../src/registrations';
import { claimJob } from '../../../src/suspension/batch/claim-job';
import { runChunk } from '../../../src/suspension/batch/run-chunk';
import type { TestApi } from '../../support/test-api';

export type JobBody = components['schemas']['SuspensionJob'];
export type OutcomeLine = components['schemas']['SuspensionJobOutcome'];

export const NDJSON_TYPE = 'application/x-ndjson';
export const JOBS = '/api/v1/suspension-jobs';

/** Makes a job of these ids. */
export async function newJob(
  api: TestApi,
  userIds: readonly number[],
  query: Record<string, string> = { action: 'block' },
): Promise<JobBody> {
  const answer = await api.call('POST', `${JOBS}?${String(new URLSearchParams(query))}`, {
    body: userIds.join('\n'),
    contentType: NDJSON_TYPE,
  });
  if (answer.status !== 202) throw new Error(`a job: ${answer.status} ${JSON.stringify(answer.body)}`);
  return answer.body;
}

export const getJob = async (api: TestApi, id: string): Promise<JobBody> =>
  (await api.call('GET', `${JOBS}/${id}`)).body;

export const outcomesOf = async (api: TestApi, id: string): Promise<OutcomeLine[]> =>
  (await api.call('GET', `${JOBS}/${id}/outcomes`)).body;

/** An outbox as the worker has it. */
export const workerOutbox = ({ services }: TestApi): Outbox =>
  createOutbox({
    channels,
    queues: services.queues,
    onQueueAway: () => Promise.resolve(),
  });

/** Does what the worker does, until no job is left to be run. */
export async function runJobs(api: TestApi): Promise<void> {
  const { database } = api.services;
  const outbox = workerOutbox(api);
  const holder = newUuid();
  for (let job = await claimJob(database, holder); job; job = await claimJob(database, holder)) {
    let end = await runChunk(database, outbox, job, 'free');
    while (end === 'more' || end === 'left')
      end = await runChunk(database, outbox, job, end === 'left' ? 'wait' : 'free');
  }
  await outbox.close();
}
