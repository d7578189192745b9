/** Every code that a caller may meet. `http/problems.ts` maps each to a status and a title, exhaustively. */
export type ErrorCode =
  | 'request.malformed'
  | 'request.invalid'
  | 'request.too_large'
  | 'request.unsupported_media_type'
  | 'request.unknown_path'
  | 'request.method_not_allowed'
  | 'precondition.failed'
  | 'idempotency.key_reused'
  | 'idempotency.in_progress'
  | 'idempotency.answer_erased'
  | 'rate_limit.exceeded'
  | 'auth.missing_token'
  | 'auth.invalid_token'
  | 'auth.insufficient_scope'
  | 'auth.issuer_unavailable'
  | 'auth.signature_refused'
  | 'user.not_found'
  | 'user.id_taken'
  | 'user.uid_taken'
  | 'user.protected'
  | 'user.retired'
  | 'user.suspended'
  | 'user.deactivated'
  | 'suspension.not_found'
  | 'suspension.self'
  | 'suspension.until_past'
  | 'suspension_job.not_found'
  | 'suspension_job.finished'
  | 'suspension_job.not_finished'
  | 'suspension_job.not_undoable'
  | 'block_list.self'
  | 'block_list.already_blocked'
  | 'block_list.not_blocked'
  | 'block_list.full'
  | 'subject.ambiguous'
  | 'session.not_found'
  | 'session.id_used'
  | 'session.expiry_past'
  | 'session.revoked'
  | 'session.expired'
  | 'revocations.cursor_unknown'
  | 'webhook_endpoint.not_found'
  | 'webhook_endpoint.address_refused'
  | 'webhook_endpoint.resolver_unavailable'
  | 'webhook_endpoint.disabled'
  | 'stream.not_found'
  | 'stream.exists'
  | 'stream.receiver_refused'
  | 'stream.disabled'
  | 'stream.address_refused'
  | 'stream.resolver_unavailable'
  | 'logout_client.not_found'
  | 'logout_client.client_taken'
  | 'logout_client.address_refused'
  | 'logout_client.resolver_unavailable'
  | 'cometchat_key.not_found'
  | 'zim_app.not_found'
  | 'zim_app.taken'
  | 'delivery.not_found'
  | 'delivery.erased'
  | 'delivery.receiver_gone'
  | 'delivery.superseded'
  | 'pagination.cursor_invalid'
  | 'service.busy'
  | 'service.outcome_unknown'
  | 'service.internal';

/** One member of a problem document's `errors` list; `pointer` is a JSON pointer (RFC 6901) or a parameter. */
export interface FieldError {
  pointer: string;
  detail: string;
}

/**
 * A refusal or failure that the caller is told about. It carries a stable code and public words; the
 * status belongs to HTTP and is looked up there. `cause` stays internal: it is logged, never answered.
 */
export class DomainError extends Error {
  constructor(
    readonly code: ErrorCode,
    /** What the caller reads: no secret, no internals (RFC 9457, section 3.1.4). */
    readonly detail: string,
    readonly options: {
      cause?: unknown;
      fields?: FieldError[];
      retryAfterSeconds?: number;
      /** The scopes that are needed (RFC 6750, section 3). */
      scope?: string;
      /** The request that was refused so before: its answer is repeated. */
      replayOf?: string;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.name = 'DomainError';
  }
}

/** The refusal of a request for these fields, which its detail names one after the other. @param fields at least one */
export const requestInvalid = (fields: FieldError[]): DomainError =>
  new DomainError('request.invalid', fields.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; '), {
    fields,
  });
