import type { Database } from '../../database/database';
import type { Handlers } from '../../http/handlers';
import { assertUntilAhead } from './assert-until-ahead';
import { toBatchOptions } from './batch-options';
import type { BatchItem, BatchSuspensions } from './batch-suspensions';

const show = ({ userId, outcome: { outcome, code } }: BatchItem) => ({
  userId,
  outcome,
  ...(code === null ? {} : { code }),
});

export function createBatchRoutes(
  database: Database,
  batchSuspensions: BatchSuspensions,
): Pick<Handlers, 'batchSuspensions'> {
  return {
    async batchSuspensions({ body, caller, kept }) {
      const { userIds, dryRun = false, ...input } = body;
      const options = toBatchOptions(input, caller, '/body');
      await assertUntilAhead(database, options, '/body');
      return kept(
        (items: readonly BatchItem[]) => ({ status: 200, body: { items: items.map(show) } }),
        (keep) => batchSuspensions(options, userIds, caller, dryRun, keep),
      );
    },
  };
}
