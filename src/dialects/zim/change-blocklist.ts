import type { Actor } from '../../audit/audit';
import type { Database } from '../../database/database';
import type { Caller } from '../../http/caller';
import type { Answer } from '../../http/handlers';
import { success } from './answers';
import type { components } from './contract.generated';
import { codeOf, type Outcome, ZimRefusal } from './return-codes';
import { faultOf, findByIds, readUserIds, senderOf } from './user-ids';

export interface ListRequest {
  body: components['schemas']['UsersOfBlocklist'];
  caller: Caller;
}

export interface BlocklistChange {
  /** What became of each user; null where it is what was asked for. */
  change: (
    ownerId: number,
    otherIds: readonly number[],
    actor: Actor,
  ) => Promise<ReadonlyMap<number, Outcome | null>>;
  /** The action's own number, where all failed. */
  whenAllFailed: Outcome;
}

/**
 * Blocks or unblocks up to 20 users: what fails for one is told in `ErrList`, and the call has failed where nothing else is
 * left. An id that comes twice counts once.
 */
export function changeBlocklist(database: Database, { change, whenAllFailed }: BlocklistChange) {
  return async ({ body, caller }: ListRequest): Promise<Answer> => {
    const ids = readUserIds(body.UserIds);
    const known = await findByIds(database, [body.FromUserId, ...ids]);
    const sender = senderOf(known, body.FromUserId);
    const found = ids.flatMap((id) => known.get(id)?.id ?? []);
    const changed = found.length > 0 ? await change(sender.id, found, caller) : new Map<number, null>();
    const outcomeOf = (id: string): Outcome | null => {
      const user = known.get(id);
      return user ? (changed.get(user.id) ?? null) : (faultOf(id) ?? 'userNotRegistered');
    };
    const ErrList = ids.flatMap((UserId) => {
      const outcome = outcomeOf(UserId);
      return outcome === null ? [] : [{ UserId, SubCode: codeOf(outcome) }];
    });
    if (ErrList.length === ids.length) throw new ZimRefusal(whenAllFailed, { ErrList });
    return success(caller.requestId, { ErrList });
  };
}
