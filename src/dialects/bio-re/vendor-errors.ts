import type { ErrorCode } from '../../errors';
import { statusOf } from '../../http/problems';
import type { MessageKey } from './messages/message-key';

/** What bio.re's clients know an error by. */
export interface VendorError {
  status: number;
  code: string;
  i18nKey: MessageKey;
  /** Where one field is at fault. */
  field?: string;
  details?: readonly { message: string }[];
}

/** bio.re's table has one column for both, `code / i18nKey`. */
const named = (status: number, i18nKey: MessageKey): VendorError => ({ status, code: i18nKey, i18nKey });

/** Nothing of a request but the id of its path can be at fault. */
const notUuid: VendorError = {
  status: 400,
  code: 'VALIDATION_FAILED',
  i18nKey: 'validation.failed',
  field: 'userId',
  details: [{ message: 'userId must be a UUID' }],
};

/** As in bio.re's example of an error. */
const unauthorized: VendorError = {
  status: 401,
  code: 'AUTH_UNAUTHORIZED',
  i18nKey: 'auth.login.invalid_credentials',
};

const errors: Partial<Record<ErrorCode, VendorError>> = {
  'request.invalid': notUuid,
  'request.malformed': notUuid,
  'request.method_not_allowed': {
    status: 405,
    code: 'METHOD_NOT_ALLOWED',
    i18nKey: 'request.method_not_allowed',
  },
  'auth.missing_token': unauthorized,
  'auth.invalid_token': unauthorized,
  'auth.insufficient_scope': { status: 403, code: 'AUTH_FORBIDDEN', i18nKey: 'auth.forbidden' },
  'rate_limit.exceeded': { status: 429, code: 'RATE_LIMIT_EXCEEDED', i18nKey: 'rate_limit.exceeded' },
  'user.not_found': named(404, 'user.not_found'),
  // 409 in our own API.
  'block_list.self': named(400, 'user.block.self'),
  'block_list.already_blocked': named(409, 'user.block.already_blocked'),
  'block_list.not_blocked': named(404, 'user.block.not_blocked'),
  'block_list.full': named(409, 'user.block.list_full'),
};

const unavailable: VendorError = {
  status: 503,
  code: 'SERVICE_UNAVAILABLE',
  i18nKey: 'service.unavailable',
};
const internal: VendorError = { status: 500, code: 'INTERNAL_ERROR', i18nKey: 'service.internal' };

export const vendorErrorOf = (code: ErrorCode): VendorError =>
  errors[code] ?? (statusOf(code) === 503 ? unavailable : internal);
