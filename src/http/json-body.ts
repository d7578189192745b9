import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler } from 'express';
import { DomainError } from '../errors';
import { operationOf } from './contract';

const MAX_BODY_BYTES = 64 * 1024;
const parsers = new Map<number, RequestHandler>();

/** Parses the body of an operation that takes one; its size is bounded before it is read. */
export const jsonBody: RequestHandler = (request, response, next) => {
  const operation = operationOf(request);
  if (!hasBody(request) || !operation?.requestBody) {
    // A content type without a body says nothing; the validator would remember each that it meets.
    delete request.headers['content-type'];
    if (operation?.requestBody?.required) throw bodyMissing();
    next();
    return;
  }
  const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
  if (mediaType !== 'application/json') throw unsupported(mediaType);
  const limit = operation['x-max-body-bytes'] ?? MAX_BODY_BYTES;
  // The parser would read all of it before it refused.
  if (Number(request.headers['content-length'] ?? 0) > limit) throw bodyTooLarge();
  parserFor(limit)(request, response, (error?: unknown) => {
    request.headers['content-type'] = mediaType;
    next(error);
  });
};

/** RFC 9112, section 6: a body is announced by its length or by a transfer coding. */
const hasBody = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

function parserFor(limit: number): RequestHandler {
  const parser =
    parsers.get(limit) ?? express.json({ limit, strict: true, type: () => true, verify: refuseEmpty });
  parsers.set(limit, parser);
  return parser;
}

/** A chunked body may turn out to be empty, which the parser would take for `{}`. */
function refuseEmpty(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  if (bytes.length === 0 && operationOf(request as Request)?.requestBody?.required) throw bodyMissing();
}

export const bodyTooLarge = () =>
  new DomainError('request.too_large', 'The body is larger than this operation takes.');

const bodyMissing = () =>
  new DomainError('request.invalid', 'This operation needs a JSON body.', {
    fields: [{ pointer: '/body', detail: 'is required' }],
  });

const unsupported = (mediaType: string | undefined) =>
  new DomainError(
    'request.unsupported_media_type',
    mediaType === undefined
      ? 'The body has no content type. Send `Content-Type: application/json`.'
      : 'The body must be JSON. Send `Content-Type: application/json`.',
    { fields: [{ pointer: '/headers/content-type', detail: 'must be application/json' }] },
  );
