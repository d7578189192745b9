import type { AccountCommand, ChangeAccount } from '../../accounts/account-command';
import type { Database } from '../../database/database';
import type { ChannelName } from '../../events/channel';
import { type Caller, requireScope } from '../../http/caller';
import type { CreateUser } from '../../users/create-user';
import { listNamedUsers, type NamedUserFilter } from '../../users/list-named-users';
import { userProtected } from '../../users/users.errors';
import type { DialectHandlers } from '../dialect';
import { changeEach } from './change-each';
import type { operations } from './contract.generated';
import { findEach, findUser } from './find-users';
import { splitName } from '../one-name';
import { pageAsked, showPage } from './paging';
import { showUser } from './show-user';
import { isSpelled } from './uid';

export interface UserUseCases {
  createUser: CreateUser;
  deactivateUser: ChangeAccount;
  reactivateUser: ChangeAccount;
  eraseUser: ChangeAccount;
}

type UserOperations =
  | 'listCometchatUsers'
  | 'createCometchatUser'
  | 'getCometchatUser'
  | 'deleteCometchatUser'
  | 'deactivateCometchatUsers'
  | 'reactivateCometchatUsers';

/** A total costs what there is to count; each page tells of so many that follow, so that a client comes to the end. */
const COUNT_AHEAD = 100_000;

/** To search takes a look at each, and about as long as to count them. */
const SEARCHED = 100_000;

type ListQuery = NonNullable<operations['listCometchatUsers']['parameters']['query']>;

/** @param notify who is told of what a client does to an account; a call of CometChat's cannot say it */
export function createUsersRoutes(
  database: Database,
  useCases: UserUseCases,
  notify: readonly ChannelName[],
): Pick<DialectHandlers<operations>, UserOperations> {
  const commandOf = (userId: number, caller: Caller): AccountCommand => ({
    userId,
    actor: caller,
    askedFor: new Set(notify),
    mayTouchProtected: false,
  });

  return {
    async listCometchatUsers({ query }) {
      const asked = pageAsked(query);
      const { users, total } = isAnybody(query)
        ? await listNamedUsers(database, filterOf(query), {
            ...asked,
            countAhead: COUNT_AHEAD,
            searched: SEARCHED,
          })
        : { users: [], total: 0 };
      return { status: 200, body: showPage(users.map(showUser), total, asked) };
    },

    async createCometchatUser({ body, caller }) {
      const user = await useCases.createUser(
        { uid: body.uid.toLowerCase(), ...splitName(body.name.trim()) },
        caller,
      );
      return { status: 200, body: { data: showUser({ ...user, updatedAt: undefined }) } };
    },

    async getCometchatUser({ path }) {
      return { status: 200, body: { data: showUser(await findUser(database, path.uid)) } };
    },

    async deleteCometchatUser({ path, body, caller }) {
      const permanent = body?.permanent === true;
      // The contract lets in whoever may deactivate.
      if (permanent) requireScope(caller, 'users:erase');
      const { id, uid } = await findUser(database, path.uid, { deactivatedToo: permanent });
      await (permanent ? useCases.eraseUser : useCases.deactivateUser)(commandOf(id, caller));
      const message = `User with ${uid} has been deleted successfully.`;
      return { status: 200, body: { data: { success: true, message } } };
    },

    async deactivateCometchatUsers({ body, caller }) {
      const users = await findEach(database, body.uidsToDeactivate, 'uidsToDeactivate');
      // Nothing there tells of one who may not be touched.
      if ([...users.values()].some((user) => user?.protected === true)) throw userProtected();
      const { changed, unchanged, notFound } = await changeEach(
        users,
        ({ deactivatedAt }) => deactivatedAt === null,
        ({ id }) => useCases.deactivateUser(commandOf(id, caller)),
      );
      return {
        status: 200,
        body: { data: { deactivatedUids: changed, alreadyDeactivatedUids: unchanged, notFound } },
      };
    },

    async reactivateCometchatUsers({ body, caller }) {
      const { changed, unchanged, notFound } = await changeEach(
        await findEach(database, body.uidsToActivate, 'uidsToActivate'),
        ({ deactivatedAt }) => deactivatedAt !== null,
        ({ id }) => useCases.reactivateUser(commandOf(id, caller)),
      );
      return {
        status: 200,
        body: { data: { reactivatedUids: changed, nonDeactivatedUids: unchanged, notFound } },
      };
    },
  };
}

/** Presence, roles and tags are not kept: who asks for others than everybody has gets nobody. */
const isAnybody = ({ status = 'offline', role = 'default', tags = [] }: ListQuery): boolean =>
  status === 'offline' && role === 'default' && tags.length === 0;

const filterOf = ({ searchKey, withDeactivated, onlyDeactivated }: ListQuery): NamedUserFilter => ({
  deactivated: onlyDeactivated ? 'only' : withDeactivated ? 'with' : 'without',
  search: searchKey,
  which: isSpelled,
});
