import type { Readable } from 'node:stream';

/** What is read of an answer at most; the rest would only cost. */
const MAX_BYTES = 64 * 1024;

/** What is kept of it, where nobody needs more. */
export const KEPT_CHARACTERS = 1_000;

/** The beginning of an answer as text. An answer without end is cut off, and its connection with it. */
export async function readBounded(body: Readable, characters = KEPT_CHARACTERS): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    size += chunk.length;
    // Leaving the loop destroys the stream.
    if (size > MAX_BYTES) break;
  }
  return Buffer.concat(chunks).toString('utf8').slice(0, characters);
}
