import type { DomainError, ErrorCode, FieldError } from '../errors';

/** A problem document (RFC 9457) with the members that ours always have. */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: ErrorCode;
  requestId: string;
  errors?: FieldError[];
}

/** The only place that knows which status an error has. */
const problems: Record<ErrorCode, { status: number; title: string }> = {
  'request.malformed': { status: 400, title: 'The request cannot be read' },
  'request.invalid': { status: 400, title: 'The request is not valid' },
  'request.too_large': { status: 413, title: 'The body is too large' },
  'request.unsupported_media_type': { status: 415, title: 'The content type is not supported' },
  'request.unknown_path': { status: 404, title: 'There is nothing at this path' },
  'request.method_not_allowed': { status: 405, title: 'The method is not allowed here' },
  'precondition.failed': { status: 412, title: 'It has changed meanwhile' },
  'idempotency.key_reused': { status: 422, title: 'The Idempotency-Key belongs to another request' },
  'idempotency.in_progress': { status: 409, title: 'The first request is still running' },
  'idempotency.answer_erased': { status: 409, title: 'The answer has been erased' },
  'rate_limit.exceeded': { status: 429, title: 'Too many requests' },
  'auth.missing_token': { status: 401, title: 'No access token' },
  'auth.invalid_token': { status: 401, title: 'The access token is not valid' },
  'auth.insufficient_scope': { status: 403, title: 'The token lacks a scope' },
  'auth.issuer_unavailable': { status: 503, title: 'Tokens cannot be checked' },
  'auth.signature_refused': { status: 401, title: 'The signature is refused' },
  'user.not_found': { status: 404, title: 'User not found' },
  'user.id_taken': { status: 409, title: 'The id is taken' },
  'user.uid_taken': { status: 409, title: 'The uid is taken' },
  'user.protected': { status: 409, title: 'The user is protected' },
  'user.retired': { status: 409, title: 'The id or the uid was an erased user’s' },
  'user.suspended': { status: 403, title: 'The user is suspended' },
  'user.deactivated': { status: 403, title: 'The user is deactivated' },
  'suspension.not_found': { status: 404, title: 'Suspension not found' },
  'suspension.self': { status: 409, title: 'Nobody blocks herself' },
  'suspension.until_past': { status: 400, title: 'The suspension would have ended already' },
  'suspension_job.not_found': { status: 404, title: 'Suspension job not found' },
  'suspension_job.finished': { status: 409, title: 'The job is done' },
  'suspension_job.not_finished': { status: 409, title: 'The job is not done' },
  'suspension_job.not_undoable': { status: 409, title: 'The job cannot be undone' },
  'block_list.self': { status: 409, title: 'Nobody blocks herself' },
  'block_list.already_blocked': { status: 409, title: 'The user is blocked already' },
  'block_list.not_blocked': { status: 404, title: 'The user is not blocked' },
  'block_list.full': { status: 409, title: 'The block list is full' },
  'subject.ambiguous': { status: 422, title: 'The subject is more than one user' },
  'session.not_found': { status: 404, title: 'Session not found' },
  'session.id_used': { status: 409, title: 'The session id was used before' },
  'session.revoked': { status: 403, title: 'The session was revoked' },
  'session.expired': { status: 403, title: 'The session has expired' },
  'session.expiry_past': { status: 400, title: 'The session would have ended already' },
  'revocations.cursor_unknown': { status: 410, title: 'The cursor is of another history' },
  'webhook_endpoint.not_found': { status: 404, title: 'Webhook endpoint not found' },
  'webhook_endpoint.address_refused': { status: 400, title: 'The address is refused' },
  'webhook_endpoint.resolver_unavailable': { status: 503, title: 'The name cannot be looked up' },
  'webhook_endpoint.disabled': { status: 409, title: 'The endpoint is disabled' },
  'stream.not_found': { status: 404, title: 'Stream not found' },
  'stream.exists': { status: 409, title: 'There is a stream already' },
  'stream.receiver_refused': { status: 403, title: 'The client may not have a stream' },
  'stream.disabled': { status: 400, title: 'The stream is disabled' },
  'stream.address_refused': { status: 400, title: 'The address is refused' },
  'stream.resolver_unavailable': { status: 503, title: 'The name cannot be looked up' },
  'logout_client.not_found': { status: 404, title: 'Logout client not found' },
  'logout_client.client_taken': { status: 409, title: 'The client is registered already' },
  'logout_client.address_refused': { status: 400, title: 'The address is refused' },
  'logout_client.resolver_unavailable': { status: 503, title: 'The name cannot be looked up' },
  'cometchat_key.not_found': { status: 404, title: 'API key not found' },
  'zim_app.not_found': { status: 404, title: 'App not found' },
  'zim_app.taken': { status: 409, title: 'The app id is taken' },
  'delivery.not_found': { status: 404, title: 'Delivery not found' },
  'delivery.erased': { status: 409, title: 'The event was erased' },
  'delivery.receiver_gone': { status: 409, title: 'The receiver is gone' },
  'delivery.superseded': { status: 409, title: 'The receiver knows what came after it' },
  'pagination.cursor_invalid': { status: 400, title: 'The cursor is not valid' },
  'service.busy': { status: 503, title: 'The service is busy' },
  'service.outcome_unknown': { status: 503, title: 'The outcome is unknown' },
  'service.internal': { status: 500, title: 'Internal error' },
};

export const statusOf = (code: ErrorCode): number => problems[code].status;

export function toProblem(error: DomainError, requestId: string): Problem {
  const { status, title } = problems[error.code];
  return {
    type: `urn:portcullis:problem:${error.code}`,
    title,
    status,
    detail: error.detail,
    code: error.code,
    requestId: error.options.replayOf ?? requestId,
    ...(error.options.fields ? { errors: error.options.fields } : {}),
  };
}
