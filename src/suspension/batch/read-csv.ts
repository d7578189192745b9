import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import type { UserIdList } from './user-id-list';

const MAX_RECORD = 10_000;
const HEADER = /^user_?id$/i;

/** Reads the first column of a CSV file (RFC 4180), whose first record may be a header. Empty lines are skipped. */
export async function readCsv(text: AsyncIterable<string>, list: UserIdList): Promise<void> {
  const parser = parse({
    relax_column_count: true,
    skip_empty_lines: true,
    trim: true,
    max_record_size: MAX_RECORD,
    on_record: ([cell = '']: string[], { lines, records }) => {
      if (records !== 1 || !HEADER.test(cell)) list.add(lines, /^\d+$/.test(cell) ? Number(cell) : cell);
      // What is read stays in the list; nothing comes out of the parser.
      return null;
    },
  });
  try {
    await pipeline(Readable.from(text), parser.resume());
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    list.addFault(Number(error.lines ?? 1), 'is not CSV');
  }
}
