import { DomainError } from '../errors';

export const userNotFound = () => new DomainError('user.not_found', 'User not found');

export const userProtected = () =>
  new DomainError(
    'user.protected',
    'The user is protected: her access is taken away with the scope users:block-protected only.',
  );

/** @param pointer where the id stood in the request */
export const userIdTaken = (id: number, pointer = '/body/id') =>
  new DomainError('user.id_taken', `A user with id ${id} exists already.`, {
    fields: [{ pointer, detail: 'is taken; leave it out to have one generated' }],
  });

export const userUidTaken = () =>
  new DomainError('user.uid_taken', 'A user with this uid exists already.', {
    fields: [{ pointer: '/body/uid', detail: 'is taken; leave it out to have a UUID generated' }],
  });
