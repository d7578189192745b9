import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { DomainError, type FieldError, requestInvalid } from '../errors';
import { missingToken } from './authentication';
import { replayed } from './idempotency/stored-answer';
import { toProblem } from './problems';
import { contextOf } from './request-context';
import { bodyTooLarge } from './upload';

/** What a caller is told of an error. */
export const refusalOf = (error: unknown, request: Request): DomainError =>
  contextOf(request).refusal ?? toDomainError(error);

/** The same, left for the log. */
export function noteRefusal(error: unknown, request: Request): DomainError {
  const context = contextOf(request);
  const refusal = refusalOf(error, request);
  context.errorCode = refusal.code;
  context.failure = refusal.options.cause;
  return refusal;
}

/** Answers every error as a problem document. What is not ours to tell goes to the log alone (I7). */
export const errorHandler: ErrorRequestHandler = (error: unknown, request, response, next) => {
  const refusal = noteRefusal(error, request);
  if (response.headersSent) {
    next(error);
    return;
  }
  setHeaders(response, refusal);
  allowOthers(error, response);
  const problem = toProblem(refusal, contextOf(request).requestId);
  response.status(problem.status).setHeader('Content-Type', 'application/problem+json');
  // What is still coming of a refused body is read and thrown away by Node, until the server's request timeout.
  response.end(JSON.stringify(problem));
};

/** Answers what is at no path of the contract. */
export const unknownPath: RequestHandler = () => {
  throw nothingThere();
};

export const nothingThere = () =>
  new DomainError('request.unknown_path', 'There is nothing at this path. See /docs for what there is.');

/** RFC 9110, section 15.5.6: a 405 says what is allowed. */
export function allowOthers(error: unknown, response: Response): void {
  if (isHttpError(error) && error.status === 405) response.setHeader('Allow', error.headers?.Allow ?? '');
}

function setHeaders(response: Response, refusal: DomainError): void {
  const { options } = refusal;
  const challenge = challengeOf(refusal);
  if (challenge !== null) response.setHeader('WWW-Authenticate', challenge);
  if (options.replayOf !== undefined) response.setHeaders(new Headers(replayed));
  if (options.retryAfterSeconds !== undefined) response.setHeader('Retry-After', options.retryAfterSeconds);
}

/** RFC 6750, section 3.1: no error code where no credentials came. */
export function challengeOf({ code, options: { scope } }: DomainError): string | null {
  if (code === 'auth.missing_token') return 'Bearer';
  if (code === 'auth.invalid_token') return 'Bearer error="invalid_token"';
  if (code === 'auth.insufficient_scope') return `Bearer error="insufficient_scope", scope="${scope ?? ''}"`;
  return null;
}

/** An error of Express, its body parser or the validator. */
interface HttpError {
  status: number;
  /** The body parser's word for it. */
  type?: string;
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
      return nothingThere();
    case 405:
      return new DomainError('request.method_not_allowed', 'The method is not allowed at this path.');
    case 413:
      return bodyTooLarge();
    case 415:
      return new DomainError(
        'request.unsupported_media_type',
        'The body must be UTF-8 JSON, uncompressed or gzip.',
      );
    default:
      return internal(error);
  }
}

function toBadRequest({ type, errors }: HttpError): DomainError {
  if (type === 'entity.parse.failed') {
    return new DomainError('request.malformed', 'The body is not a JSON object.', {
      fields: [{ pointer: '/body', detail: 'must be a JSON object' }],
    });
  }
  const fields = (errors ?? []).filter(isFieldFault).filter(saysMore).slice(0, MAX_FIELDS).map(toFieldError);
  if (fields.length > 0) return requestInvalid(fields);
  return new DomainError('request.malformed', 'The request cannot be read.');
}

/** Of a body of 64 KB full of unknown fields, the caller hears about so many. */
const MAX_FIELDS = 20;

/** Where there is no field, the validator names the path of the request. */
const isFieldFault = ({ path }: { path?: string }): boolean =>
  /^\/(body|query|params|headers)(\/|$)/.test(path ?? '');

/** Of a value that may be null as well, the validator also says that it is not null, and that it is neither. */
const saysMore = ({ message }: { message: string }): boolean =>
  !/^must (be null|match a schema in anyOf)$/.test(message);

/** What the validator says, and what a person understands. */
const inWords: [RegExp, string][] = [
  [/^must NOT have additional properties/, 'is not a field of this operation'],
  [/^must have required property/, 'is required'],
  [/^Unknown query parameter/, 'is not a parameter of this operation'],
  [/^Empty value/, 'must not be empty'],
  [/^must match pattern "\^\[1-9\]\[0-9\]/, 'must be a whole number from 1 to 9007199254740991'],
  [/^must match pattern .*@/, 'must be an e-mail address'],
  [/^must match pattern "\^\[A-Za-z\]\{2,8\}/, 'must be a language tag such as en-GB'],
  [/^must match pattern "\^\[!-~\]\+\$"/, 'must be printable ASCII without spaces'],
  [/^must match pattern "\^\[ -~\]\+\$"/, 'must be printable ASCII'],
  [/^must match pattern "\^\[A-Za-z0-9!#/, 'must be the name of a header (RFC 9110)'],
  [/^must match pattern "\^\[0-9A-Fa-f:/, 'must be an IPv4 or IPv6 address'],
  [/^must match pattern "\^\[!-~\]\(/, 'must be printable ASCII, with no space around it'],
  [/^must match format "date-time"/, 'must be a time such as 2027-01-31T12:00:00Z (RFC 3339)'],
  [/^must match pattern "\^\[\^\\u0000/, 'must not hold a NUL or half of a surrogate pair'],
];

const toFieldError = ({ path, message }: { path: string; message: string }): FieldError => ({
  pointer: path.replace(/^\/params\//, '/path/'),
  detail: inWords.find(([pattern]) => pattern.test(message))?.[1] ?? message,
});

const internal = (cause: unknown) =>
  new DomainError(
    'service.internal',
    'Something went wrong on our side. Quote the request id when you report it.',
    {
      cause,
    },
  );
