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

/**
 * @param field which of the two it is
 * @param at where in the request the user stands
 */
export const userRetired = (field: 'id' | 'uid', at: string) =>
  new DomainError('user.retired', `This ${field} was an erased user’s and is never given again.`, {
    fields: [{ pointer: `${at}/${field}`, detail: 'was an erased user’s; give another' }],
  });

export const emailNotWhole = () =>
  new DomainError('request.invalid', 'The e-mail is compared as a whole.', {
    fields: [
      {
        pointer: '/query/email',
        detail: 'must be a whole address; with pageSize or offset a part is enough',
      },
    ],
  });

export const cursorBesideOffset = () =>
  new DomainError('request.invalid', 'A list goes by cursor or by offset.', {
    fields: [{ pointer: '/query/cursor', detail: 'must not stand beside pageSize or offset' }],
  });
