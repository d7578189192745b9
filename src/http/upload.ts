import { createHash } from 'node:crypto';
import { TextDecoder } from 'node:util';
import type { Request } from 'express';
import { DomainError } from '../errors';

/** A body that the operation reads as it comes, because it may be large and is no JSON document. */
export interface Upload {
  /** One of those that the contract names for the operation. */
  mediaType: string;
  /**
   * Its text, piece by piece, without a byte order mark; to be read once.
   * @throws `request.too_large`, `request.malformed` where it is not UTF-8
   */
  text(): AsyncIterable<string>;
  /**
   * What tells it from another. It is kept in memory until it is read.
   * @throws `request.too_large`
   */
  digest(): Promise<string>;
}

/**
 * @param limitBytes what a body that does not say its length may hold, too
 * @throws `request.unsupported_media_type` for a compressed body: its size could not be told beforehand
 */
export function openUpload(request: Request, mediaType: string, limitBytes: number): Upload {
  const coding = request.headers['content-encoding'] ?? 'identity';
  if (coding !== 'identity') throw compressed();
  let pieces: AsyncIterable<Buffer> | readonly Buffer[] = bounded(request, limitBytes);
  return {
    mediaType,
    text: () => decode(pieces),
    async digest() {
      const kept: Buffer[] = [];
      const hash = createHash('sha256');
      for await (const piece of pieces) {
        kept.push(piece);
        hash.update(piece);
      }
      pieces = kept;
      return hash.digest('base64url');
    },
  };
}

async function* bounded(request: Request, limitBytes: number): AsyncIterable<Buffer> {
  let bytes = 0;
  // A refusal in the middle must not destroy the connection that the answer goes through.
  for await (const piece of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > limitBytes) throw bodyTooLarge();
    yield piece;
  }
}

async function* decode(pieces: AsyncIterable<Buffer> | readonly Buffer[]): AsyncIterable<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const piece of pieces) yield decoded(decoder, piece);
  yield decoded(decoder);
}

function decoded(decoder: TextDecoder, piece?: Buffer): string {
  try {
    return decoder.decode(piece, { stream: piece !== undefined });
  } catch {
    throw new DomainError('request.malformed', 'The body is not UTF-8.');
  }
}

export const bodyTooLarge = () =>
  new DomainError('request.too_large', 'The body is larger than this operation takes.');

const compressed = () =>
  new DomainError('request.unsupported_media_type', 'This operation takes no compressed body.', {
    fields: [{ pointer: '/headers/content-encoding', detail: 'must be absent' }],
  });
