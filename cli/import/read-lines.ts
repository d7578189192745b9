import type { ReadStream } from 'node:fs';
import { CliError } from '../cli-error';

export interface Line {
  /** From 1. */
  number: number;
  /** null where it is not UTF-8. */
  text: string | null;
}

const MAX_LINE_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;

/**
 * The lines of a file, a blank one left out. They end at a line feed and nowhere else: JSON may hold the other characters
 * that Unicode calls line ends. A byte order mark is skipped.
 * @throws `usage` for a line of more than 1 MB
 */
export async function* readLines(file: ReadStream): AsyncGenerator<Line> {
  let rest = Buffer.alloc(0);
  let number = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, from)) {
      const bytes = Buffer.concat([rest, chunk.subarray(from, end)]);
      rest = Buffer.alloc(0);
      from = end + 1;
      yield* present(++number, bytes);
    }
    rest = Buffer.concat([rest, chunk.subarray(from)]);
    if (rest.length > MAX_LINE_BYTES) throw new CliError('usage', `Line ${number + 1} is longer than 1 MB.`);
  }
  yield* present(number + 1, rest);
}

function* present(number: number, bytes: Buffer): Generator<Line> {
  const text = decoded(bytes);
  if (text?.trim() !== '') yield { number, text };
}

function decoded(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
