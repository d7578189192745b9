import { DomainError } from '../../errors';

export const apiKeyNotFound = () => new DomainError('cometchat_key.not_found', 'API key not found');

export const readerErases = () =>
  new DomainError('request.invalid', 'A key that only reads cannot erase.', {
    fields: [{ pointer: '/body/mayErase', detail: 'takes the access full' }],
  });
