/** `i18nKey`s; every language has a text for each. */
export type MessageKey =
  | 'auth.login.invalid_credentials'
  | 'auth.forbidden'
  | 'rate_limit.exceeded'
  | 'request.method_not_allowed'
  | 'service.internal'
  | 'service.unavailable'
  | 'user.not_found'
  | 'user.block.already_blocked'
  | 'user.block.list_full'
  | 'user.block.not_blocked'
  | 'user.block.self'
  | 'validation.failed';

export type Messages = Readonly<Record<MessageKey, string>>;
