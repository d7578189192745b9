import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { CreateUser } from './create-user';
import type { User } from './user.entity';
import { userTag } from './user-tag';
import type { FindUsers } from './find-users';
import { overviewOfNew, type ShowUser } from './show-user';
import { userNotFound } from './users.errors';

const isUserId = (text: string): boolean => /^[1-9][0-9]{0,15}$/.test(text);

export function createUsersRoutes<T>(
  createUser: CreateUser,
  findUsers: FindUsers<T>,
  show: ShowUser<T>,
): Pick<Handlers, 'createUser' | 'getUser' | 'listUsers'> {
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

    async getUser({ path, caller }) {
      const user = await findUsers.one(path.userId);
      if (!user) throw userNotFound();
      return { status: 200, body: show(user, caller), headers: { ETag: userTag(user, user.status) } };
    },

    async listUsers({ query, caller }) {
      const { limit = DEFAULT_LIMIT, cursor, ...filter } = query;
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
