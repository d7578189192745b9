import { DomainError, type ErrorCode } from '../../errors';

interface ReturnCode {
  code: number;
  message: string;
  /** What the log and the audit trail call it. */
  error: ErrorCode;
}

/**
 * What the vendor's clients are told, by its numbers. Where its documents list two numbers for one thing, the comment says
 * which of the two is when.
 */
const returnCodes = {
  appIdUnknown: { code: 100000001, message: 'AppId is wrong', error: 'auth.signature_refused' },
  timestampEmpty: { code: 100000002, message: 'Timestamp is empty', error: 'auth.signature_refused' },
  timestampFormat: { code: 100000003, message: 'Timestamp is no number', error: 'auth.signature_refused' },
  signatureExpired: { code: 100000004, message: 'the signature expired', error: 'auth.signature_refused' },
  signatureWrong: { code: 100000005, message: 'the signature is wrong', error: 'auth.signature_refused' },
  actionEmpty: { code: 100000006, message: 'Action is empty', error: 'request.unknown_path' },
  actionUnsupported: {
    code: 100000007,
    message: 'Action is not supported with this method',
    error: 'request.unknown_path',
  },
  nonceEmpty: { code: 100000008, message: 'SignatureNonce is empty', error: 'auth.signature_refused' },
  signatureEmpty: { code: 100000009, message: 'Signature is empty', error: 'auth.signature_refused' },
  versionEmpty: { code: 100000013, message: 'SignatureVersion is empty', error: 'auth.signature_refused' },
  versionUnsupported: {
    code: 100000014,
    message: 'SignatureVersion is not supported: it must be 2.0',
    error: 'auth.signature_refused',
  },
  /** The number of a wrong signature: one that was used is none any more, and the vendor has no other. */
  nonceUsed: {
    code: 100000005,
    message: 'SignatureNonce was used before: sign anew',
    error: 'auth.signature_refused',
  },

  serverError: { code: 660000001, message: 'server error: try again', error: 'service.internal' },
  invalidParameter: { code: 660000002, message: 'invalid parameter', error: 'request.invalid' },
  idTooLong: { code: 660000012, message: 'a user ID is longer than 32 bytes', error: 'request.invalid' },
  tooManyCalls: { code: 660300005, message: 'the QPS limit is exceeded', error: 'rate_limit.exceeded' },
  /** Of a user who was registered and is deactivated. */
  senderGone: {
    code: 660500002,
    message: 'FromUserId is not registered any more',
    error: 'user.not_found',
  },
  userExists: { code: 660700002, message: 'the user exists', error: 'user.uid_taken' },
  userNotRegistered: { code: 660700015, message: 'the user is not registered', error: 'user.not_found' },
  /** Of a user whom nobody registered. */
  senderUnknown: { code: 660800001, message: 'FromUserId is not registered', error: 'user.not_found' },
  alreadyBlocked: {
    code: 660800037,
    message: 'the user is blocked already',
    error: 'block_list.already_blocked',
  },
  self: { code: 660800038, message: 'nobody blocks or unblocks herself', error: 'block_list.self' },
  tooManyUsers: { code: 660800039, message: 'too many users', error: 'request.invalid' },
  listFull: { code: 660800040, message: 'the blocklist is full', error: 'block_list.full' },
  noneBlocked: { code: 660800041, message: 'none of the users was blocked', error: 'request.invalid' },
  noneUnblocked: { code: 660800042, message: 'none of the users was unblocked', error: 'request.invalid' },
  /** Of a user who was on the list. */
  unblockedAlready: {
    code: 660800043,
    message: 'the user was unblocked before',
    error: 'block_list.not_blocked',
  },
  /** Of a user who never was, as far as the events tell that are still kept. */
  notOnList: {
    code: 660800044,
    message: 'the user is not on the blocklist',
    error: 'block_list.not_blocked',
  },
} as const satisfies Record<string, ReturnCode>;

export type Outcome = keyof typeof returnCodes;

export const codeOf = (outcome: Outcome): number => returnCodes[outcome].code;
export const messageOf = (outcome: Outcome): string => returnCodes[outcome].message;

/** A refusal that knows the vendor's number for itself. */
export class ZimRefusal extends DomainError {
  constructor(
    readonly outcome: Outcome,
    /** What the answer holds besides the number. */
    readonly members: Readonly<Record<string, unknown>> = {},
    detail: string = messageOf(outcome),
  ) {
    super(returnCodes[outcome].error, detail);
  }
}
