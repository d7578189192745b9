import { DomainError } from '../../errors';
import type { NamedUser } from '../../users/named-users';
import type { UsersByUid } from './find-users';

/** Uids as they were written, by what has become of them. */
export interface ChangedEach {
  changed: string[];
  unchanged: string[];
  notFound: string[];
}

/** Changes one user after the other, each in a transaction of her own: repeating the call goes on where it stopped. */
export async function changeEach(
  users: UsersByUid,
  isToChange: (user: NamedUser) => boolean,
  change: (user: NamedUser) => Promise<void>,
): Promise<ChangedEach> {
  const outcome: ChangedEach = { changed: [], unchanged: [], notFound: [] };
  for (const [uid, user] of users) {
    if (!user) outcome.notFound.push(uid);
    else if (!isToChange(user)) outcome.unchanged.push(uid);
    else if (await isDone(change(user))) outcome.changed.push(uid);
    else outcome.notFound.push(uid);
  }
  return outcome;
}

/** False where she has been erased meanwhile. */
async function isDone(change: Promise<void>): Promise<boolean> {
  try {
    await change;
    return true;
  } catch (error) {
    if (error instanceof DomainError && error.code === 'user.not_found') return false;
    throw error;
  }
}
