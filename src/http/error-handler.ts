import type { ErrorRequestHandler, Response } from 'express';
import type { Logger } from 'pino';
import { DomainError, type ErrorCode, type FieldError } from '../errors';
import { missingToken } from './authentication';
import { statusOfError, toProblem } from './problems';
import { contextOf } from './request-context';

/** Answers every error as a problem document. What is not ours to tell stays in the log (I7). */
export function errorHandler(log: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const context = contextOf(request);
    const refusal = context.refusal ?? toDomainError(error);
    context.errorCode = refusal.code;
    if (statusOfError(refusal.code) >= 500) {
      log.error(
        { err: refusal.options.cause ?? refusal, requestId: context.requestId, code: refusal.code },
        'failed',
      );
    }
    if (response.headersSent) {
      next(error);
      return;
    }
    setHeaders(response, refusal);
    // RFC 9110, section 15.5.6: a 405 says what is allowed.
    if (isHttpError(error) && error.status === 405) response.setHeader('Allow', error.headers?.Allow ?? '');
    const problem = toProblem(refusal, context.requestId);
    response.status(problem.status).setHeader('Content-Type', 'application/problem+json');
    // A body that nobody has read would be taken for the next request of the connection.
    if (!request.complete) response.setHeader('Connection', 'close');
    response.end(JSON.stringify(problem));
  };
}

function setHeaders(response: Response, { code, options }: DomainError): void {
  const challenge = challengeOf(code, options.scope);
  if (challenge !== null) response.setHeader('WWW-Authenticate', challenge);
  if (options.retryAfterSeconds !== undefined) response.setHeader('Retry-After', options.retryAfterSeconds);
}

/** RFC 6750, section 3.1: no error code where no credentials came. */
function challengeOf(code: ErrorCode, scope: string | undefined): string | null {
  if (code === 'auth.missing_token') return 'Bearer';
  if (code === 'auth.invalid_token') return 'Bearer error="invalid_token"';
  if (code === 'auth.insufficient_scope') return `Bearer error="insufficient_scope", scope="${scope ?? ''}"`;
  return null;
}

/** An error of Express, its body parser or the validator. */
interface HttpError {
  status: number;
  message?: string;
  /** The body parser's word for it. */
  type?: string;
  path?: string;
  errors?: { path: string; message: string }[];
  headers?: Record<string, string>;
}

const isHttpError = (error: unknown): error is HttpError =>
  typeof error === 'object' && error !== null && typeof (error as { status?: unknown }).status === 'number';

function toDomainError(error: unknown): DomainError {
  if (error instanceof DomainError) return error;
  if (!isHttpError(error)) return internal(error);
  switch (error.status) {
    case 400:
      return toBadRequest(error);
    case 401:
      return missingToken();
    case 404:
      return new DomainError(
        'request.unknown_path',
        'There is nothing at this path. See /docs for what there is.',
      );
    case 405:
      return new DomainError('request.method_not_allowed', 'The method is not allowed at this path.');
    case 413:
      return new DomainError('request.too_large', 'The body is larger than this operation takes.');
    case 415:
      return new DomainError(
        'request.unsupported_media_type',
        'The body must be UTF-8 JSON, uncompressed or gzip.',
      );
    default:
      return internal(error);
  }
}

function toBadRequest({ type, path, message, errors }: HttpError): DomainError {
  if (type === 'entity.parse.failed') {
    return new DomainError('request.malformed', 'The body is not a JSON object.', {
      fields: [{ pointer: '/body', detail: 'must be a JSON object' }],
    });
  }
  if (errors && errors.length > 0) {
    const fields = errors.map(toFieldError);
    return new DomainError(
      'request.invalid',
      fields.map((field) => `${field.pointer} ${field.detail}`).join('; '),
      {
        fields,
      },
    );
  }
  // The validator refuses a query parameter that nobody declared with its pointer as the path.
  if (path?.startsWith('/query/')) {
    const detail = message?.startsWith('Empty')
      ? 'must not be empty'
      : 'is not a parameter of this operation';
    return new DomainError('request.invalid', `${path} ${detail}`, { fields: [{ pointer: path, detail }] });
  }
  return new DomainError('request.malformed', 'The request cannot be read.');
}

const toFieldError = ({ path, message }: { path: string; message: string }): FieldError => ({
  pointer: path.replace(/^\/params\//, '/path/'),
  detail: message === 'must NOT have additional properties' ? 'is not a field of this operation' : message,
});

const internal = (cause: unknown) =>
  new DomainError(
    'service.internal',
    'Something went wrong on our side. Quote the request id when you report it.',
    {
      cause,
    },
  );
