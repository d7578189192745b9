import type { IncomingMessage } from 'node:http';
import express, { type Request, type RequestHandler } from 'express';
import { DomainError } from '../errors';
import { operationOf } from './contract';
import { contextOf } from './request-context';
import { bodyTooLarge, openUpload } from './upload';
import { createUploadAdmission } from './upload-admission';

const MAX_BODY_BYTES = 64 * 1024;

/**
 * A handler that parses the body of an operation that takes one; its size is bounded before it is read. What is neither JSON nor
 * a form is left to the operation, which reads it as it comes.
 */
export function createRequestBody(): RequestHandler {
  const parsers = new Map([
    ['application/json', createParsers((options) => express.json({ ...options, strict: true }))],
    [
      'application/x-www-form-urlencoded',
      createParsers((options) => express.urlencoded({ ...options, extended: false })),
    ],
  ]);
  const admitUpload = createUploadAdmission();

  return (request, response, next) => {
    const operation = operationOf(request);
    if (!hasBody(request) || !operation?.requestBody) {
      // A content type without a body says nothing; the validator would remember each that it meets.
      delete request.headers['content-type'];
      if (operation?.requestBody?.required) throw bodyMissing();
      next();
      return;
    }
    const mediaType = request.headers['content-type']?.split(';')[0]?.trim().toLowerCase();
    const taken = Object.keys(operation.requestBody.content);
    if (mediaType === undefined || !taken.includes(mediaType)) throw unsupported(mediaType, taken);
    const limit = operation['x-max-body-bytes'] ?? MAX_BODY_BYTES;
    // The parser would read all of it before it refused.
    if (Number(request.headers['content-length'] ?? 0) > limit) throw bodyTooLarge();
    const parse = parsers.get(mediaType);
    if (!parse) {
      // Whichever way it ends, by an answer or a connection that is lost.
      response.once('close', admitUpload(request, limit));
      contextOf(request).upload = openUpload(request, mediaType, limit);
      request.headers['content-type'] = mediaType;
      // The validator asks whether there is a body; the contract says that it is text.
      request.body = '';
      next();
      return;
    }
    parse(limit)(request, response, (error?: unknown) => {
      request.headers['content-type'] = mediaType;
      next(error);
    });
  };
}

/** RFC 9112, section 6: a body is announced by its length or by a transfer coding. */
const hasBody = (request: Request): boolean =>
  request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;

interface ParserOptions {
  limit: number;
  type: () => boolean;
  verify: typeof refuseEmpty;
}

/** One parser for each limit that the contract names. */
function createParsers(
  create: (options: ParserOptions) => RequestHandler,
): (limit: number) => RequestHandler {
  const parsers = new Map<number, RequestHandler>();
  return (limit) => {
    const parser = parsers.get(limit) ?? create({ limit, type: () => true, verify: refuseEmpty });
    parsers.set(limit, parser);
    return parser;
  };
}

/** A chunked body may turn out to be empty, which the parser would take for `{}`. */
function refuseEmpty(request: IncomingMessage, _response: unknown, bytes: Buffer): void {
  if (bytes.length === 0 && operationOf(request as Request)?.requestBody?.required) throw bodyMissing();
}

const bodyMissing = () =>
  new DomainError('request.invalid', 'This operation needs a body.', {
    fields: [{ pointer: '/body', detail: 'is required' }],
  });

const unsupported = (mediaType: string | undefined, taken: readonly string[]) =>
  new DomainError(
    'request.unsupported_media_type',
    `${mediaType === undefined ? 'The body has no content type' : 'The body is of another type than this operation takes'}. ` +
      `Send \`Content-Type: ${taken.join('` or `')}\`.`,
    { fields: [{ pointer: '/headers/content-type', detail: `must be ${taken.join(' or ')}` }] },
  );
