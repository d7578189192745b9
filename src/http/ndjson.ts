import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Response } from 'express';
import { noteRefusal } from './error-handler';

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
  // The status is out, so the log alone can be told: by the lines themselves, since it is written once the response is torn down.
  const onFailure = (failure: unknown) => noteRefusal(failure, response.req);
  await pipeline(Readable.from(linesOf(first, iterator, onFailure)), response).catch(() => undefined);
}

async function* linesOf(
  first: IteratorResult<unknown>,
  iterator: AsyncIterator<unknown>,
  onFailure: (failure: unknown) => void,
): AsyncGenerator<string> {
  try {
    for (let step = first; step.done !== true; step = await iterator.next()) {
      yield `${JSON.stringify(step.value)}\n`;
    }
  } catch (error) {
    onFailure(error);
    throw error;
  } finally {
    // A caller who went away: what is read for it is read no further.
    await iterator.return?.();
  }
}
