import type { BlockLists } from '../../block-lists/block-list-queries';
import type { Database } from '../../database/database';
import type { Answer } from '../../http/handlers';
import type { DialectRequest } from '../dialect';
import { success } from './answers';
import type { operations } from './contract.generated';
import { findByIds, senderOf } from './user-ids';
import { joinName } from '../one-name';

const MAX_LIMIT = 100;

/**
 * A page of the users whom a user has blocked, newest first. `Next` is how many were told of: who blocks or unblocks between
 * two pages shifts them, as a list without a cursor does.
 */
export const queryBlacklist =
  (database: Database, blockLists: Pick<BlockLists, 'slice'>) =>
  async ({ query, caller }: DialectRequest<operations['QueryBlacklist']>): Promise<Answer> => {
    const { FromUserId, Limit = 0, Next: offset = 0 } = query;
    const sender = senderOf(await findByIds(database, [FromUserId]), FromUserId);
    const limit = Limit === 0 ? MAX_LIMIT : Math.min(Limit, MAX_LIMIT);
    const { items, total } = await blockLists.slice(sender.id, offset, limit);
    const told = offset + items.length;
    return success(caller.requestId, {
      TotalCount: total,
      Next: items.length > 0 && told < total ? told : 0,
      Blacklist: items.map(({ user, blockedAt }) => ({
        UserId: user.uid,
        UserName: joinName(user),
        Avatar: '',
        UpdateTime: blockedAt.getTime(),
      })),
    });
  };
