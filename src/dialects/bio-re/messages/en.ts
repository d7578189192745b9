import type { Messages } from './message-key';

export const en: Messages = {
  'auth.login.invalid_credentials': 'Invalid credentials',
  'auth.forbidden': 'You are not allowed to do this.',
  'rate_limit.exceeded': 'Too many requests. Try again later.',
  'request.method_not_allowed': 'This method is not allowed here.',
  'service.internal': 'Something went wrong on our side.',
  'service.unavailable': 'The service is not available at the moment. Try again later.',
  'user.not_found': 'There is no such user.',
  'user.block.already_blocked': 'You have blocked this user already.',
  'user.block.list_full': 'Your block list is full.',
  'user.block.not_blocked': 'You have not blocked this user.',
  'user.block.self': 'You cannot block yourself.',
  'validation.failed': 'The user id is not a valid UUID.',
};
