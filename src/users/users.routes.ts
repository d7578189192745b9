import { type Caller, requireScope } from '../http/caller';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { CreateUser } from './create-user';
import type { ImportedUser, ImportUsers } from './import-users';
import type { User } from './user.entity';
import { userTag } from './user-tag';
import type { FindUsers, UserOverview } from './find-users';
import type { ListByOffset } from './list-by-offset';
import { showListed } from './show-listed';
import { overviewOfNew, type ShowUser } from './show-user';
import type { UpdateUser } from './update-user';
import { cursorBesideOffset, emailNotWhole, userNotFound } from './users.errors';

/** In the list by cursor an address is found as a whole, by its index; a part of one is no mistake to be silent about. */
const isWholeEmail = (text: string): boolean => /^[^@]+@[^@]+$/.test(text);

const isUserId = (text: string): boolean => /^[1-9][0-9]{0,15}$/.test(text);

export interface UserUseCases<T> {
  createUser: CreateUser;
  importUsers: ImportUsers;
  updateUser: UpdateUser<T>;
  findUsers: FindUsers<T>;
  listByOffset: ListByOffset;
}

export function createUsersRoutes<T>(
  { createUser, importUsers, updateUser, findUsers, listByOffset }: UserUseCases<T>,
  show: ShowUser<T>,
): Pick<Handlers, 'createUser' | 'importUsers' | 'getUser' | 'updateUser' | 'listUsers'> {
  const showOne = (user: UserOverview<T>, caller: Caller) => ({
    status: 200 as const,
    body: show(user, caller),
    headers: { ETag: userTag(user, user.status) },
  });

  return {
    createUser: ({ body, caller, kept }) =>
      kept(
        (user: User) => ({
          status: 201,
          body: show(overviewOfNew(user), caller),
          headers: { Location: `/api/v1/users/${user.id}`, ETag: userTag(user, 'active') },
        }),
        (keep) => createUser(body, caller, keep),
        { about: ({ id }) => id },
      ),

    importUsers: ({ body, caller, kept }) =>
      kept(
        (items: ImportedUser[]) => ({ status: 200, body: { items } }),
        (keep) => importUsers(body.users, caller, keep),
        // An answer about many would outlive the erasure of one of them.
        { hidden: ['uid'] },
      ),

    async getUser({ path, caller }) {
      const user = await findUsers.one(path.userId);
      if (!user) throw userNotFound();
      return showOne(user, caller);
    },

    async updateUser({ path, body, ifMatch, caller, kept }) {
      if (body.protected !== undefined) requireScope(caller, 'users:block-protected');
      return kept(
        (user: UserOverview<T>) => showOne(user, caller),
        (keep) => updateUser({ userId: path.userId, patch: body, actor: caller, ifMatch }, keep),
      );
    },

    async listUsers({ query, caller }) {
      const { limit = DEFAULT_LIMIT, cursor, pageSize, offset, ...filter } = query;
      if (pageSize !== undefined || offset !== undefined) {
        if (cursor !== undefined) throw cursorBesideOffset();
        const [size, from] = [pageSize ?? DEFAULT_LIMIT, offset ?? 0];
        const { total, users } = await listByOffset(filter, Math.max(size, 0), Math.max(from, 0));
        return { status: 200, body: { total, users: users.map(showListed) } };
      }
      if (filter.email !== undefined && !isWholeEmail(filter.email)) throw emailNotWhole();
      const position = decodeCursor(cursor, isUserId);
      const rows = await findUsers.page(
        filter,
        limit + 1,
        position && { createdAt: position.createdAt, id: Number(position.key) },
      );
      const page = toPage(
        rows,
        limit,
        (user) => show(user, caller),
        ({ createdAt, id }) => [createdAt, String(id)],
      );
      return { status: 200, body: page };
    },
  };
}
