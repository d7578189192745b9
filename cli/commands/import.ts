import { type Command, InvalidArgumentError } from 'commander';
import { openContext } from '../context';
import { exitCodes } from '../exit-codes';
import { type ImportKind, importKinds } from '../import/import-kind';
import { type ImportSummary, runImport } from '../import/run-import';
import { count } from '../output';

interface ImportCommandOptions {
  strict?: true;
  concurrency: number;
}

const MAX_CONCURRENCY = 16;

export function addImportCommands(program: Command): void {
  const group = program
    .command('import')
    .description(
      'Take users or sessions over from a file of NDJSON; an import that was stopped goes on where it was',
    )
    .addHelpText(
      'after',
      `
Each line is what creating the one would take, users with an id or a uid of their own:
  {"id": 101, "uid": "5c9e2b1a", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}
  {"sessionId": "f1a5c2d7", "userId": 101, "clientId": "web", "expiresAt": "2027-01-31T12:00:00Z"}

What is there already is left as it is. Lines that are refused go to <file>.refused.ndjson, and the exit code is ${exitCodes.refused}.
How far it has come stands in <file>.portcullis-progress until it is done.

Examples:
  $ portcullis import users users.ndjson
  $ portcullis import sessions sessions.ndjson --strict`,
    );
  addImportCommand(group, importKinds.users);
  addImportCommand(group, importKinds.sessions);
}

const addImportCommand = (group: Command, kind: ImportKind): Command =>
  group
    .command(kind.name)
    .description(`Take ${kind.name} over`)
    .argument('<file>', 'NDJSON')
    .option('--strict', 'stop at the first line that is refused')
    .option('--concurrency <number>', 'batches at a time', toConcurrency, 4)
    .action(async (file: string, options: ImportCommandOptions, command: Command) => {
      const { api, url, output, progress } = await openContext(command);
      const { strict = false, concurrency } = options;
      const summary = await runImport({
        api,
        kind,
        file,
        url,
        concurrency,
        strict,
        progress: progress('lines'),
      });
      output.result(summary, () => inWords(summary));
      if (summary.refused > 0) process.exitCode = exitCodes.refused;
    });

function toConcurrency(value: string): number {
  const number = Number(value);
  if (Number.isInteger(number) && number >= 1 && number <= MAX_CONCURRENCY) return number;
  throw new InvalidArgumentError(`It must be 1 to ${MAX_CONCURRENCY}.`);
}

const inWords = ({ created, exists, refused, resumedAfterLine, refusedFile }: ImportSummary): string =>
  [
    ...(resumedAfterLine > 0 ? [`Went on after line ${count(resumedAfterLine)}.`] : []),
    `${count(created)} created, ${count(exists)} there already, ${count(refused)} refused.`,
    ...(refusedFile === null ? [] : [`Which lines, and why, is in ${refusedFile}.`]),
  ].join('\n');
