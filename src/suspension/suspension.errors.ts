import { DomainError } from '../errors';

export const suspensionNotFound = () => new DomainError('suspension.not_found', 'Suspension not found');

export const blocksHerself = () =>
  new DomainError('suspension.self', 'The user on whose behalf this is done is the one to be blocked.', {
    fields: [{ pointer: '/body/blockedByUserId', detail: 'must not be the user who is blocked' }],
  });

/** @param pointer of the until, for the refusal */
export const untilPast = (pointer = '/body/blockedUntil') =>
  new DomainError('suspension.until_past', 'A suspension cannot end before it begins.', {
    fields: [{ pointer, detail: 'must be in the future' }],
  });
