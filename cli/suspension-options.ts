import { type Command, InvalidArgumentError, Option } from 'commander';
import type { components } from '../src/http/contract.generated';
import { toMoment } from './moment';
import { readInput } from './read-input';

type BlockBody = components['schemas']['BlockUser'];

/** What a block, an unblock, a batch and a job have in common. */
export interface SuspensionOptions {
  onBehalfOf?: number;
  webhook?: true;
  email?: true;
  reason?: string;
  reasonFile?: string;
  reasonForUser?: string;
  category?: BlockBody['category'];
  until?: string;
}

const CATEGORIES = ['security', 'fraud', 'abuse', 'legal', 'offboarding', 'other'];

export type Action = 'block' | 'unblock';

export const addUnblockOptions = (command: Command): Command =>
  addNotifyOptions(command).option(
    '--on-behalf-of <user id>',
    'who wanted it; recorded as such',
    toUserNumber,
  );

export const addNotifyOptions = (command: Command): Command =>
  command
    .option('--webhook', 'tell the webhook endpoints that want to know')
    .option('--email', 'tell the user by e-mail');

export const addBlockOptions = (command: Command): Command =>
  addUnblockOptions(command)
    .option('--reason <text>', 'why; internal, never shown to the user')
    .option('--reason-file <file>', 'the same from a file, or from stdin with "-"')
    .option('--reason-for-user <text>', 'the only reason that the user is told; in the e-mail')
    .addOption(new Option('--category <category>', 'what kind of reason').choices(CATEGORIES))
    .option(
      '--until <when>',
      'ends by itself: a time such as 2027-01-31T12:00:00Z, or 30m, 12h, 7d, 2w',
      toMoment('ahead'),
    );

/** The options as the contract's bodies have them. @throws `usage` where a file cannot be read */
export async function suspensionBody(action: Action, options: SuspensionOptions) {
  const { webhook, email, reasonForUser, category, until, onBehalfOf } = options;
  const suspensionReason = await reasonOf(options);
  return {
    ...(webhook ? { triggerWebhook: true } : {}),
    ...(email ? { notifyUserViaEmail: true } : {}),
    ...(suspensionReason === undefined ? {} : { suspensionReason }),
    ...(reasonForUser === undefined ? {} : { reasonForUser }),
    ...(category === undefined ? {} : { category }),
    ...(until === undefined ? {} : { blockedUntil: until }),
    ...(onBehalfOf === undefined ? {} : { [`${action}edByUserId`]: onBehalfOf }),
  };
}

async function reasonOf({ reason, reasonFile }: SuspensionOptions): Promise<string | undefined> {
  return reasonFile === undefined ? reason : (await readInput(reasonFile)).trim();
}

function toUserNumber(value: string): number {
  const id = Number(value);
  if (!Number.isSafeInteger(id) || id < 1) throw new InvalidArgumentError('It is no user id.');
  return id;
}
