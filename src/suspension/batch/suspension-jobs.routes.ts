import type { Database } from '../../database/database';
import { isUuid } from '../../database/uuid';
import { requireScope } from '../../http/caller';
import type { Handlers } from '../../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../../http/pagination';
import { assertUntilAhead } from './assert-until-ahead';
import { toBatchOptions } from './batch-options';
import type { CancelSuspensionJob } from './cancel-suspension-job';
import type { CreateSuspensionJob } from './create-suspension-job';
import { readUserIds } from './read-user-ids';
import { showSuspensionJob } from './show-suspension-job';
import type { SuspensionJob } from './suspension-job.entity';
import { readOutcomes, selectJob, selectJobs } from './suspension-job-queries';
import { toSuspensionJob, toVisibleJob } from './to-suspension-job';
import type { UndoSuspensionJob } from './undo-suspension-job';

type JobOperations =
  | 'createSuspensionJob'
  | 'listSuspensionJobs'
  | 'getSuspensionJob'
  | 'getSuspensionJobOutcomes'
  | 'cancelSuspensionJob'
  | 'undoSuspensionJob';

export interface JobUseCases {
  createSuspensionJob: CreateSuspensionJob;
  cancelSuspensionJob: CancelSuspensionJob;
  undoSuspensionJob: UndoSuspensionJob;
}

export function createSuspensionJobsRoutes(
  database: Database,
  { createSuspensionJob, cancelSuspensionJob, undoSuspensionJob }: JobUseCases,
): Pick<Handlers, JobOperations> {
  const find = async (id: string): Promise<SuspensionJob> => {
    const { rows } = await database.query(selectJob(id));
    return toVisibleJob(rows[0]);
  };
  const accepted = (job: SuspensionJob) => ({
    status: 202 as const,
    body: showSuspensionJob(job),
    headers: { Location: `/api/v1/suspension-jobs/${job.id}` },
  });

  return {
    async createSuspensionJob({ query, body, caller, kept }) {
      const options = toBatchOptions(query, caller, '/query');
      await assertUntilAhead(database, options, '/query');
      const userIds = await readUserIds(body);
      return kept(accepted, (keep) => createSuspensionJob(options, caller, userIds, keep));
    },

    async listSuspensionJobs({ query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const { rows } = await database.query(selectJobs(limit + 1, decodeCursor(cursor, isUuid)));
      const jobs = rows.map(toSuspensionJob);
      return {
        status: 200,
        body: toPage(jobs, limit, showSuspensionJob, ({ createdAt, id }) => [createdAt, id]),
      };
    },

    async getSuspensionJob({ path }) {
      return { status: 200, body: showSuspensionJob(await find(path.suspensionJobId)) };
    },

    async getSuspensionJobOutcomes({ path }) {
      const { id } = await find(path.suspensionJobId);
      return { status: 200, ndjson: readOutcomes(database, id) };
    },

    async cancelSuspensionJob({ path, caller, kept }) {
      const { id, action } = await find(path.suspensionJobId);
      requireScope(caller, `users:${action}`);
      return kept(
        (job: SuspensionJob) => ({ status: 200, body: showSuspensionJob(job) }),
        (keep) => cancelSuspensionJob(id, caller, keep),
      );
    },

    undoSuspensionJob({ path, body, caller, kept }) {
      const options = toBatchOptions({ ...body, action: 'unblock' }, caller, '/body');
      return kept(accepted, (keep) => undoSuspensionJob(path.suspensionJobId, options, caller, keep));
    },
  };
}
