import { type Command, InvalidArgumentError } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { CliError } from '../cli-error';
import { openContext } from '../context';
import { exitCodes } from '../exit-codes';
import { count } from '../output';
import { readInput } from '../read-input';
import { writeOut } from './export';

type Verification = components['schemas']['AuditVerification'];
type Head = components['schemas']['AuditHead'];

/** Records of one call. */
const LIMIT = 1_000;

export function addAuditCommands(program: Command): void {
  const group = program
    .command('audit')
    .description('Read the audit trail, and see whether somebody has changed it');

  group
    .command('verify')
    .description('Follow the chain of records from its beginning, and name the first that is broken')
    .option('--after <position>', 'begin after this position', toPosition, 0)
    .option('--head <file>', 'what `audit head --json` once gave: the chain must still hold it')
    .addHelpText(
      'after',
      `\nThe exit code is ${exitCodes.broken} where the chain is broken.\n\nExamples:\n  $ portcullis audit verify\n  $ portcullis audit verify --head head.json`,
    )
    .action(async ({ after, head: file }: { after: number; head?: string }, command: Command) => {
      const { api, output, progress } = await openContext(command);
      const shown = progress('records');
      const head = file === undefined ? undefined : await readSignature(file);
      const verifyAfter = async (position: number): Promise<Verification> => {
        const query = { after: position, limit: LIMIT, head };
        const answer = await api.call<Verification>('GET', '/audit-records/verification', { query });
        shown.show(answer.verifiedTo, null);
        return answer.next === null ? answer : verifyAfter(answer.next);
      };
      const { verifiedTo, broken } = await verifyAfter(after);
      shown.finish();
      output.result({ verifiedTo, broken }, () => inWords(verifiedTo, broken));
      if (broken) process.exitCode = exitCodes.broken;
    });

  group
    .command('head')
    .description('Show the signed end of the chain; keep it elsewhere, and a cut tail will show')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const head = await api.call<Head>('GET', '/audit-records/head');
      output.result(head, () => JSON.stringify(head, null, 2));
    });

  group
    .command('export')
    .description('Write the audit trail as NDJSON')
    .argument('[file]', 'where to; stdout by default')
    .action(async (file: string | undefined, _options: unknown, command: Command) => {
      const { api } = await openContext(command);
      await writeOut(await api.stream('/audit-records/export'), file);
    });
}

function toPosition(value: string): number {
  const position = Number(value);
  if (Number.isSafeInteger(position) && position >= 0) return position;
  throw new InvalidArgumentError('It is no position.');
}

async function readSignature(file: string): Promise<string> {
  try {
    const { signature } = JSON.parse(await readInput(file)) as Partial<Head>;
    if (typeof signature === 'string') return signature;
  } catch (error) {
    if (error instanceof CliError) throw error;
  }
  throw new CliError('usage', `${file} is not what \`audit head --json\` gave.`);
}

const inWords = (verifiedTo: number, broken: Verification['broken']): string =>
  broken === null
    ? `The audit trail is whole: ${count(verifiedTo)} records.`
    : `The audit trail is broken at position ${broken.position}, record ${broken.recordId ?? 'missing'}: ${broken.what}`;
