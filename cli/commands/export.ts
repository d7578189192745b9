import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Command } from 'commander';
import { openContext } from '../context';
import { count } from '../output';
import { pages } from '../pages';
import type { Progress } from '../progress';

export function addExportCommand(program: Command): void {
  program
    .command('export')
    .description('Write all users, or all suspensions, as NDJSON: one a line, newest first')
    .argument('[file]', 'where to; stdout by default')
    .option('--suspensions', 'suspensions in place of users')
    .addHelpText(
      'after',
      '\nExamples:\n  $ portcullis export users.ndjson\n  $ portcullis export --suspensions | jq .category',
    )
    .action(async (file: string | undefined, { suspensions }: { suspensions?: true }, command: Command) => {
      const { api, output, progress } = await openContext(command);
      const what = suspensions ? 'suspensions' : 'users';
      const shown = progress(what);
      const written = { count: 0 };
      await writeOut(lines(pages<object>(api, `/${what}`), written, shown), file);
      shown.finish();
      // What goes to stdout is the export itself.
      if (file !== undefined) {
        output.result(
          { file, [what]: written.count },
          () => `${count(written.count)} ${what} are in ${file}.`,
        );
      }
    });
}

/** @param file for its owner alone: it holds what the service holds; stdout where there is none */
export async function writeOut(content: AsyncIterable<string | Uint8Array>, file?: string): Promise<void> {
  const source = Readable.from(content);
  await (file === undefined
    ? pipeline(source, process.stdout, { end: false })
    : pipeline(source, createWriteStream(file, { mode: 0o600 })));
}

async function* lines(
  source: AsyncIterable<object[]>,
  written: { count: number },
  progress: Progress,
): AsyncGenerator<string> {
  for await (const items of source) {
    written.count += items.length;
    progress.show(written.count, null);
    if (items.length > 0) yield `${items.map((item) => JSON.stringify(item)).join('\n')}\n`;
  }
}
