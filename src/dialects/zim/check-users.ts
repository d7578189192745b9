import type { BlockLists } from '../../block-lists/block-list-queries';
import type { Database } from '../../database/database';
import type { Answer } from '../../http/handlers';
import type { NamedUser } from '../../users/named-users';
import { success } from './answers';
import type { ListRequest } from './change-blocklist';
import { codeOf, type Outcome, ZimRefusal } from './return-codes';
import { faultOf, findByIds, readUserIds, senderOf } from './user-ids';

/** `Result`: whether FromUserId has blocked the user. */
const [NOT_BLOCKED, BLOCKED] = [0, 1];

/** Whether a user has blocked each of up to 20 others. Where all failed, the call has the number of the first. */
export const checkUsersIsInBlacklist =
  (database: Database, blockLists: Pick<BlockLists, 'check'>) =>
  async ({ body, caller }: ListRequest): Promise<Answer> => {
    const ids = readUserIds(body.UserIds);
    const known = await findByIds(database, [body.FromUserId, ...ids]);
    const sender = senderOf(known, body.FromUserId);
    const registered: { UserId: string; user: NamedUser }[] = [];
    const failed: { UserId: string; outcome: Outcome }[] = [];
    for (const UserId of ids) {
      const user = known.get(UserId);
      if (user && !user.deactivatedAt) registered.push({ UserId, user });
      else failed.push({ UserId, outcome: faultOf(UserId) ?? 'userNotRegistered' });
    }
    const ErrList = failed.map(({ UserId, outcome }) => ({ UserId, SubCode: codeOf(outcome) }));
    const [first] = failed;
    if (first && registered.length === 0) throw new ZimRefusal(first.outcome, { Succ: [], ErrList });
    const checked = await blockLists.check(
      registered.map(({ user }) => ({ ownerId: sender.id, otherId: user.id })),
    );
    const Succ = registered.map(({ UserId }, index) => ({
      UserId,
      Result: checked[index]?.blocked ? BLOCKED : NOT_BLOCKED,
    }));
    return success(caller.requestId, { Succ, ErrList });
  };
