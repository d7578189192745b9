import { type Caller, seesReasons } from '../http/caller';
import type { components } from '../http/contract.generated';
import type { UserOverview } from './find-users';
import type { User } from './user.entity';

type UserBody = components['schemas']['User'];

/** What is shown beside a user of her open suspension; the feature above users says how. */
export type ShowSuspension<T> = (suspension: T, seesReasons: boolean) => NonNullable<UserBody['suspension']>;

/** A user as this caller may see her. */
export type ShowUser<T> = (user: UserOverview<T>, caller: Caller) => UserBody;

export function createShowUser<T>(showSuspension: ShowSuspension<T>): ShowUser<T> {
  return (user, caller) => {
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
}

/** A user who was created a moment ago: nothing has happened to her yet. */
export function overviewOfNew(user: User): UserOverview<never> {
  const { id, uid, email, firstName, lastName, locale, accessEpoch, version, createdAt, updatedAt } = user;
  const names = { id, uid, email, firstName, lastName, locale };
  const shown = { ...names, protected: user.protected, accessEpoch, version, createdAt, updatedAt };
  return { ...shown, status: 'active', companion: null };
}
