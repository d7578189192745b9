import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { contextOf } from './request-context';

export const NDJSON = 'application/x-ndjson';

/**
 * Answers one JSON value a line, as they come and no faster than the caller reads. A failure before the first line is
 * a refusal like any other; a later one cuts the connection, so that half of an answer never looks like a whole.
 * @throws what `items` throws before its first line
 */
export async function sendNdjson(response: Response, items: AsyncIterable<unknown>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  const first = await iterator.next();
  response.setHeader('Content-Type', NDJSON);
  response.flushHeaders();
  await pipeline(Readable.from(linesOf(first, iterator)), response).catch((error: unknown) => {
    // The status is out and the pipeline has torn the response down: the log alone can still be told.
    if ((error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE') return;
    Object.assign(contextOf(response.req), { errorCode: 'service.internal', failure: error });
  });
}

async function* linesOf(
  first: IteratorResult<unknown>,
  iterator: AsyncIterator<unknown>,
): AsyncGenerator<string> {
  try {
    for (let step = first; step.done !== true; step = await iterator.next()) {
      yield `${JSON.stringify(step.value)}\n`;
    }
  } finally {
    // A caller who went away: what is read for it is read no further.
    await iterator.return?.();
  }
}
