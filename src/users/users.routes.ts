import { type Caller, seesReasons } from '../http/caller';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { CreateUser } from './create-user';
import type { FindUsers, UserOverview } from './find-users';
import type { User } from './user.entity';
import { userTag } from './user-tag';
import { userNotFound } from './users.errors';

type UserBody = components['schemas']['User'];

/** What is shown beside a user of her open suspension; the feature above users says how. */
export type ShowSuspension<T> = (suspension: T, seesReasons: boolean) => NonNullable<UserBody['suspension']>;

const isUserId = (text: string): boolean => /^[1-9][0-9]{0,15}$/.test(text);

export function createUsersRoutes<T>(
  createUser: CreateUser,
  findUsers: FindUsers<T>,
  showSuspension: ShowSuspension<T>,
): Pick<Handlers, 'createUser' | 'getUser' | 'listUsers'> {
  const show = (user: UserOverview<T>, caller: Caller): UserBody => {
    const { companion, version: _inTheTag, createdAt, updatedAt, ...shown } = user;
    const isSuspended = user.status === 'suspended';
    return {
      ...shown,
      userId: user.id,
      isSuspended,
      suspension: companion === null ? null : showSuspension(companion, seesReasons(caller)),
      createdAt: createdAt.toISOString(),
      updatedAt: updatedAt.toISOString(),
    };
  };

  return {
    createUser: ({ body, caller, kept }) =>
      kept(
        (user: User) => {
          const { id, uid, email, firstName, lastName, locale, accessEpoch, version, createdAt, updatedAt } =
            user;
          const names = { id, uid, email, firstName, lastName, locale };
          const shown = { ...names, protected: user.protected, accessEpoch, version, createdAt, updatedAt };
          return {
            status: 201,
            body: show({ ...shown, status: 'active', companion: null }, caller),
            headers: { Location: `/api/v1/users/${id}`, ETag: userTag(user, 'active') },
          };
        },
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
