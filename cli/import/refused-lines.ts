import { open, rm } from 'node:fs/promises';
import type { LineOutcome } from './send-batch';

/** The file beside the imported one that says which lines were refused, and why. */
export interface RefusedLines {
  /** @returns how long the file is then */
  append(outcomes: readonly LineOutcome[]): Promise<number>;
  close(): Promise<void>;
  /** Its name, or null once it is removed. */
  keepIf(wanted: boolean): Promise<string | null>;
}

/** @param length what an import that is resumed had noted; what a killed one wrote behind it is written again */
export async function openRefusedLines(file: string, length: number): Promise<RefusedLines> {
  const name = `${file}.refused.ndjson`;
  // It holds what the imported file holds: for its owner alone.
  const handle = await open(name, 'a', 0o600);
  await handle.truncate(length);
  return {
    async append(outcomes) {
      const lines = outcomes.map(({ entry, code, detail }) =>
        JSON.stringify({ line: entry.number, code, detail, input: entry.value }),
      );
      if (lines.length > 0) await handle.appendFile(`${lines.join('\n')}\n`);
      return (await handle.stat()).size;
    },
    close: () => handle.close(),
    async keepIf(wanted) {
      if (wanted) return name;
      await rm(name, { force: true });
      return null;
    },
  };
}
