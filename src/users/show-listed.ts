import type { components } from '../http/contract.generated';
import type { ListedUser } from './list-by-offset';

/** A user as Guardhouse lists her; what nobody here knows is empty. */
export const showListed = (user: ListedUser): components['schemas']['ListedUser'] => {
  const { id, firstName, lastName, email, status, lastSignIn } = user;
  return {
    id,
    firstName,
    lastName,
    email,
    roles: [],
    permissions: [],
    lastLogin: lastSignIn?.toISOString() ?? null,
    status,
    isSuspended: status === 'suspended',
    isLocked: false,
    avatarUrl: null,
  };
};
