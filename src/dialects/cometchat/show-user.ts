import type { components } from './contract.generated';
import { joinName } from '../one-name';

/** What is known here of a user and CometChat's clients ask for. */
export interface ShownUser {
  uid: string;
  firstName: string | null;
  lastName: string | null;
  createdAt: Date;
  updatedAt?: Date;
  deactivatedAt?: Date | null;
}

/** CometChat's times are in seconds. */
export const seconds = (time: Date): number => Math.floor(time.getTime() / 1000);

/** Nobody's presence is known here and roles are not kept, so that each has what a new user has at CometChat. */
export const showUser = (user: ShownUser): components['schemas']['User'] => ({
  uid: user.uid,
  // There it must have one.
  name: joinName(user) || user.uid,
  status: 'offline',
  role: 'default',
  createdAt: seconds(user.createdAt),
  ...(user.updatedAt ? { updatedAt: seconds(user.updatedAt) } : {}),
  ...(user.deactivatedAt ? { deactivatedAt: seconds(user.deactivatedAt) } : {}),
});
