import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { ApiClient } from '../api-client';
import { CliError } from '../cli-error';
import type { Progress } from '../progress';
import type { ImportKind } from './import-kind';
import { type Journal, readJournal, removeJournal, writeJournal } from './journal';
import { type Line, readLines } from './read-lines';
import { openRefusedLines } from './refused-lines';
import { type Entry, type LineOutcome, sendBatch } from './send-batch';

export interface ImportOptions {
  api: ApiClient;
  kind: ImportKind;
  file: string;
  /** Where the API is: a journal is of one service. */
  url: string;
  concurrency: number;
  /** Stop at the first line that is refused. */
  strict: boolean;
  progress: Progress;
}

export interface ImportSummary extends Pick<Journal, 'created' | 'exists' | 'refused'> {
  /** The line that it went on from; 0 where it began. */
  resumedAfterLine: number;
  refusedFile: string | null;
}

const BATCH = 1_000;

/**
 * Takes a file of NDJSON over, several batches at a time. What is done is noted in the order of the file, so that an
 * import that was killed goes on where it stopped; the batches that were on their way are sent again, and the
 * service answers `exists` for what it has of them.
 * @throws `refused` at the first line that is, where `strict`
 */
export async function runImport(options: ImportOptions): Promise<ImportSummary> {
  const { kind, file, url, concurrency, strict, progress } = options;
  const state = await readJournal(file, `${url} ${kind.name}`);
  const resumedAfterLine = state.line;
  const refusedLines = await openRefusedLines(file, state.refusedBytes);
  const { size } = await stat(file);
  const source = createReadStream(file);

  /** Notes batches in the order of the file, whichever is answered first. */
  let noted = Promise.resolve();
  const note = (answer: Promise<LineOutcome[]>, lastLine: number): Promise<void> => {
    noted = Promise.all([answer, noted]).then(async ([outcomes]) => {
      const refused = outcomes.filter(({ outcome }) => outcome === 'refused');
      state.refusedBytes = await refusedLines.append(refused);
      for (const { outcome } of outcomes) state[outcome]++;
      state.line = lastLine;
      await writeJournal(file, state);
      progress.show(state.line, size === 0 ? 1 : source.bytesRead / size);
      if (!strict || !refused[0]) return;
      // The mended file is another one.
      await removeJournal(file);
      throw stopped(refused[0]);
    });
    return noted;
  };

  try {
    const underWay: Promise<void>[] = [];
    for await (const batch of batches(readLines(source), resumedAfterLine)) {
      underWay.push(note(importLines(options, batch), batch.at(-1)?.number ?? 0));
      // A failure of a later batch is met when it is waited for.
      underWay.at(-1)?.catch(() => undefined);
      if (underWay.length >= concurrency) await underWay.shift();
    }
    await noted;
  } finally {
    source.destroy();
    await refusedLines.close();
    progress.finish();
  }
  await removeJournal(file);
  const { created, exists, refused } = state;
  return { created, exists, refused, resumedAfterLine, refusedFile: await refusedLines.keepIf(refused > 0) };
}

async function importLines({ api, kind }: ImportOptions, lines: readonly Line[]): Promise<LineOutcome[]> {
  const read = lines.map((line) => toEntry(kind, line));
  const faulty = read.filter((one): one is LineOutcome => 'outcome' in one);
  const sent = await sendBatch(
    api,
    kind,
    read.filter((one): one is Entry => !('outcome' in one)),
  );
  return [...faulty, ...sent].sort((a, b) => a.entry.number - b.entry.number);
}

function toEntry(kind: ImportKind, { number, text }: Line): Entry | LineOutcome {
  const refused = (value: unknown, detail: string): LineOutcome => ({
    entry: { number, value },
    outcome: 'refused',
    code: 'import.line_invalid',
    detail,
  });
  if (text === null) return refused(null, 'is not UTF-8');
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return refused(value, 'is not a JSON object');
    }
    const fault = kind.fault(value as Record<string, unknown>);
    return fault === null ? { number, value } : refused(value, fault);
  } catch {
    return refused(text, 'is not JSON');
  }
}

async function* batches(lines: AsyncIterable<Line>, after: number): AsyncGenerator<Line[]> {
  let batch: Line[] = [];
  for await (const line of lines) {
    if (line.number <= after) continue;
    batch.push(line);
    if (batch.length < BATCH) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}

const stopped = ({ entry, code, detail }: LineOutcome) =>
  new CliError(
    'refused',
    `Line ${entry.number} is refused: ${detail ?? code}. Mend it and call again; what is there already is left as it is.`,
    code,
  );
