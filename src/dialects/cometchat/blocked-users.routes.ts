import type { AddToBlockList, BlockListOutcome } from '../../block-lists/add-to-block-list';
import { type Around, type AroundItem, listAround } from '../../block-lists/list-around';
import type { RemoveFromBlockList, RemoveOutcome } from '../../block-lists/remove-from-block-list';
import type { Database } from '../../database/database';
import type { DialectHandlers } from '../dialect';
import type { components, operations } from './contract.generated';
import { findEach, findUser, type UsersByUid } from './find-users';
import { pageAsked, showPage } from './paging';
import { seconds, showUser } from './show-user';
import { isSpelled, unknownUid } from './uid';

export interface BlockedUsersUseCases {
  addToBlockList: AddToBlockList;
  removeFromBlockList: RemoveFromBlockList;
}

type BlockedUsersOperations = 'listCometchatBlockedUsers' | 'blockCometchatUsers' | 'unblockCometchatUsers';

type Outcome = BlockListOutcome | RemoveOutcome;

export function createBlockedUsersRoutes(
  database: Database,
  { addToBlockList, removeFromBlockList }: BlockedUsersUseCases,
): Pick<DialectHandlers<operations>, BlockedUsersOperations> {
  /** The others of a body are looked up before anything is changed; nobody among them is an outcome and no error. */
  const changeList = async (
    ownerUid: string,
    uids: readonly string[],
    change: (ownerId: number, otherIds: readonly number[]) => Promise<ReadonlyMap<number, Outcome>>,
  ) => {
    const owner = await findUser(database, ownerUid);
    const users = await findEach(database, uids, 'blockedUids');
    const ids = [...users.values()].flatMap((user) => user?.id ?? []);
    const outcomes = ids.length > 0 ? await change(owner.id, ids) : new Map<number, Outcome>();
    return { status: 200, body: { data: toldOf(owner.uid, users, outcomes) } };
  };

  return {
    async listCometchatBlockedUsers({ path, query }) {
      const { id } = await findUser(database, path.uid);
      const asked = pageAsked(query);
      const { direction = 'blockedByMe' } = query;
      const { items, total } = await listAround(database, id, AROUND[direction], {
        ...asked,
        which: isSpelled,
      });
      return { status: 200, body: showPage(items.map(showBlockedUser), total, asked) };
    },

    blockCometchatUsers: ({ path, body, caller }) =>
      changeList(path.uid, body.blockedUids, (ownerId, ids) => addToBlockList(ownerId, ids, caller)),

    unblockCometchatUsers: ({ path, body, caller }) =>
      changeList(path.uid, body.blockedUids, (ownerId, ids) => removeFromBlockList(ownerId, ids, caller)),
  };
}

const AROUND = { blockedByMe: 'blocked', hasBlockedMe: 'blockers', both: 'both' } as const satisfies Record<
  string,
  Around
>;

const showBlockedUser = ({
  user,
  blockedAt,
  blockedByAt,
}: AroundItem): components['schemas']['BlockedUser'] => ({
  ...showUser(user),
  blockedByMe: blockedAt !== null,
  ...(blockedAt ? { blockedByMeAt: seconds(blockedAt) } : {}),
  hasBlockedMe: blockedByAt !== null,
  ...(blockedByAt ? { hasBlockedMeAt: seconds(blockedByAt) } : {}),
  blockedAt: seconds(newest(blockedAt, blockedByAt)),
});

const newest = (...times: (Date | null)[]): Date =>
  new Date(Math.max(...times.map((time) => time?.getTime() ?? 0)));

/** By uid as it was written. What was not changed is no success, as where CometChat adds members to a group. */
const toldOf = (
  owner: string,
  users: UsersByUid,
  outcomes: ReadonlyMap<number, Outcome>,
): Record<string, { success: boolean; message: string }> =>
  Object.fromEntries(
    [...users].map(([uid, user]) => {
      const outcome = (user && outcomes.get(user.id)) ?? 'unknown_user';
      const success = outcome === 'added' || outcome === 'removed';
      return [uid, { success, message: inWords[outcome](owner, user?.uid ?? uid) }];
    }),
  );

const inWords: Record<Outcome, (owner: string, other: string) => string> = {
  added: (owner, other) => `The user with UID ${owner} has blocked user with UID ${other} successfully.`,
  removed: (owner, other) => `The user with UID ${owner} has unblocked user with UID ${other} successfully.`,
  already_blocked: (owner, other) => `The user with UID ${owner} has already blocked user with UID ${other}.`,
  not_blocked: (owner, other) => `The user with UID ${owner} has not blocked user with UID ${other}.`,
  self: (owner) => `The user with UID ${owner} cannot block or unblock herself.`,
  full: (owner) => `The user with UID ${owner} has blocked as many users as one may.`,
  unknown_user: (_owner, other) => unknownUid(other),
};
