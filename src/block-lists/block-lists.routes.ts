import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { AddToBlockList, BlockListOutcome } from './add-to-block-list';
import { assertAdded, assertRemoved, notBlocked } from './block-list.errors';
import type { BlockListItem, BlockLists } from './block-list-queries';
import type { RemoveFromBlockList, RemoveOutcome } from './remove-from-block-list';

export interface BlockListUseCases {
  addToBlockList: AddToBlockList;
  removeFromBlockList: RemoveFromBlockList;
}

type BlockListOperations =
  | 'listBlockList'
  | 'addToBlockList'
  | 'addBlockListEntry'
  | 'getBlockListEntry'
  | 'removeBlockListEntry'
  | 'checkBlocks';

const isPosition = (text: string): boolean => /^[1-9][0-9]{0,15}$/.test(text);

const show = ({ user, blockedAt }: BlockListItem): components['schemas']['BlockListEntry'] => ({
  userId: user.id,
  uid: user.uid,
  firstName: user.firstName,
  lastName: user.lastName,
  status: user.status,
  blockedAt: blockedAt.toISOString(),
});

/** A list is the user's as her name is: it takes nobody's access, so who may read and write users may read and write it. */
export function createBlockListsRoutes(
  lists: BlockLists,
  { addToBlockList, removeFromBlockList }: BlockListUseCases,
): Pick<Handlers, BlockListOperations> {
  return {
    async listBlockList({ path, query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const position = decodeCursor(cursor, isPosition);
      const after = position && { position: Number(position.key) };
      const { items, total } = await lists.page(path.userId, limit + 1, after);
      const page = toPage(items, limit, show, ({ blockedAt, position: at }) => [blockedAt, String(at)]);
      return { status: 200, body: { ...page, total } };
    },

    addToBlockList: ({ path, body, caller, kept }) =>
      kept(
        (outcomes: ReadonlyMap<number, BlockListOutcome>) => ({
          status: 200,
          body: { items: [...outcomes].map(([userId, outcome]) => ({ userId, outcome })) },
        }),
        (keep) => addToBlockList(path.userId, body.userIds, caller, keep),
      ),

    addBlockListEntry: ({ path, caller, kept }) =>
      kept(
        (outcomes: ReadonlyMap<number, BlockListOutcome>) => {
          assertAdded(outcomes.get(path.blockedUserId));
          return { status: 204 };
        },
        (keep) => addToBlockList(path.userId, [path.blockedUserId], caller, keep),
      ),

    async getBlockListEntry({ path }) {
      const item = await lists.entry(path.userId, path.blockedUserId);
      if (!item) throw notBlocked();
      return { status: 200, body: show(item) };
    },

    removeBlockListEntry: ({ path, caller, kept }) =>
      kept(
        (outcomes: ReadonlyMap<number, RemoveOutcome>) => {
          assertRemoved(outcomes.get(path.blockedUserId));
          return { status: 204 };
        },
        (keep) => removeFromBlockList(path.userId, [path.blockedUserId], caller, keep),
      ),

    async checkBlocks({ body }) {
      const pairs = body.pairs.map(({ userId, otherUserId }) => ({ ownerId: userId, otherId: otherUserId }));
      const items = (await lists.check(pairs)).map(({ ownerId, otherId, ...answer }) => ({
        userId: ownerId,
        otherUserId: otherId,
        ...answer,
      }));
      return { status: 200, body: { items } };
    },
  };
}
