import { setTimeout as delay } from 'node:timers/promises';
import { Argument, type Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext, type CommandContext } from '../context';
import { exitCodes } from '../exit-codes';
import { count, list, table } from '../output';
import { readInput } from '../read-input';
import {
  type Action,
  addBlockOptions,
  addNotifyOptions,
  suspensionBody,
  type SuspensionOptions,
} from '../suspension-options';
import { writeOut } from './export';

type Job = components['schemas']['SuspensionJob'];
type JobPage = components['schemas']['SuspensionJobPage'];

const POLL_MS = 500;
/** A job in one of these goes on by itself. */
const UNDER_WAY: Job['state'][] = ['queued', 'running'];

export function addJobCommands(program: Command): void {
  const group = program
    .command('job')
    .description('Block or unblock up to a million users in the background')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis job start block ids.ndjson --reason "Leaked passwords" --watch
  $ portcullis job watch 01a1fdda-889f-71ae-b8f9-ea0d6e52af4d
  $ portcullis job outcomes 01a1fdda-889f-71ae-b8f9-ea0d6e52af4d outcomes.ndjson
  $ portcullis job undo 01a1fdda-889f-71ae-b8f9-ea0d6e52af4d
  $ portcullis job list`,
    );

  const start = group
    .command('start')
    .description('Hand a job over; it goes on by itself')
    .addArgument(new Argument('<action>').choices(['block', 'unblock']))
    .argument('<file>', 'user ids as NDJSON or, where it ends in .csv, as CSV; "-" for stdin')
    .option('--watch', 'wait until it is done');
  addBlockOptions(start).action(
    async (action: Action, file: string, options: SuspensionOptions & { watch?: true }, command: Command) => {
      const context = await openContext(command);
      const content = { text: await readInput(file), type: typeOf(file) };
      const query = { action, ...textual(await suspensionBody(action, options)) };
      const job = await context.api.call<Job>('POST', '/suspension-jobs', { query, content });
      if (options.watch) await watch(context, job.id);
      else tell(context, job);
    },
  );

  group
    .command('list')
    .description('Show the jobs of late, newest first')
    .action(async (_options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const { items } = await api.call<JobPage>('GET', '/suspension-jobs');
      output.result(items, () => inRows(items));
    });
  addJobCommand(group, 'status', 'Show how far a job is', async (context, id) =>
    tell(context, await read(context, id)),
  );
  addJobCommand(group, 'watch', 'Wait until a job is done', watch);
  addJobCommand(group, 'cancel', 'Stop a job; what it has done stays', async (context, id) =>
    tell(context, await context.api.call<Job>('POST', `${pathOf(id)}/cancel`)),
  );
  addNotifyOptions(group.command('undo'))
    .description('Unblock exactly those whom a job has blocked')
    .argument('<job>', 'its id')
    .action(async (id: string, options: SuspensionOptions, command: Command) => {
      const context = await openContext(command);
      const body = await suspensionBody('unblock', options);
      tell(context, await context.api.call<Job>('POST', `${pathOf(id)}/undo`, { body }));
    });
  group
    .command('outcomes')
    .description('Write what became of each user, as NDJSON')
    .argument('<job>', 'its id')
    .argument('[file]', 'where to; stdout by default')
    .action(async (id: string, file: string | undefined, _options: unknown, command: Command) => {
      const { api } = await openContext(command);
      await writeOut(await api.stream(`${pathOf(id)}/outcomes`), file);
    });
}

const addJobCommand = (
  group: Command,
  name: string,
  description: string,
  run: (context: CommandContext, id: string) => Promise<void>,
): Command =>
  group
    .command(name)
    .description(description)
    .argument('<job>', 'its id')
    .action(async (id: string, _options: unknown, command: Command) => run(await openContext(command), id));

const pathOf = (id: string): string => `/suspension-jobs/${encodeURIComponent(id)}`;

const read = ({ api }: CommandContext, id: string): Promise<Job> => api.call('GET', pathOf(id));

async function watch(context: CommandContext, id: string): Promise<void> {
  const shown = context.progress('users');
  for (;;) {
    const job = await read(context, id);
    shown.show(job.processed, job.total === 0 ? 1 : job.processed / job.total);
    if (!UNDER_WAY.includes(job.state)) {
      shown.finish();
      return tell(context, job);
    }
    await delay(POLL_MS);
  }
}

function inRows(jobs: readonly Job[]): string {
  if (jobs.length === 0) return 'There is no job.';
  return table(
    ['JOB', 'CREATED', 'BY', 'ACTION', 'STATE', 'USERS', 'DONE'],
    jobs.map(({ id, createdAt, actor, action, undoOf, state, total, processed }) => [
      id,
      createdAt,
      actor,
      undoOf === null ? action : 'undo',
      state,
      count(total),
      count(processed),
    ]),
  );
}

function tell({ output }: CommandContext, job: Job): void {
  output.result(job, () =>
    list([
      ['job', job.id],
      ['action', job.action],
      ['state', job.state],
      ['users', count(job.total)],
      ...Object.entries(job.counts).map(([outcome, number]) => [wordsOf(outcome), count(number)] as const),
    ]),
  );
  if (job.counts.refused + job.counts.notFound > 0) process.exitCode = exitCodes.refused;
}

/** `notFound` as people read it. */
const wordsOf = (name: string): string => name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);

const typeOf = (file: string): string => (/\.csv$/i.test(file) ? 'text/csv' : 'application/x-ndjson');

const textual = (body: object): Record<string, string> =>
  Object.fromEntries(Object.entries(body).map(([name, value]) => [name, String(value)]));
