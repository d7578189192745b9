import { type Command, InvalidArgumentError, Option } from 'commander';
import { CliError } from './cli-error';
import { readInput } from './read-input';

/** What of an endpoint may be said in options; secrets come from a file, as everybody on the machine sees arguments. */
export interface SettingOptions {
  url?: string;
  events?: string[];
  description?: string;
  contact?: string;
  rate?: number;
  timeout?: number;
  payload?: string;
  settings?: string;
}

export const addSettings = (command: Command): Command =>
  command
    .option('--events <types>', 'types and patterns (user.*), comma-separated', (text) => text.split(','))
    .option('--description <text>')
    .option('--contact <e-mail>', 'who is told when it is disabled because it fails or is gone')
    .option('--rate <number>', 'webhooks a second at most', toNumber)
    .option('--timeout <seconds>', 'for one attempt', toNumber)
    .addOption(new Option('--payload <content>', 'thin: ids alone').choices(['full', 'thin']))
    .option('--settings <file>', 'a JSON file with these and what is secret: headers, secret; "-" for stdin');

/** The body that the options make; what stands in the file goes before them. */
export const settingsOf = async ({
  url,
  events,
  description,
  contact,
  rate,
  timeout,
  payload,
  settings,
}: SettingOptions): Promise<object> => ({
  ...{ url, eventTypes: events, description, contact, rate, timeout, payload },
  ...(await readSettings(settings)),
});

/** @throws `usage` where the file holds no object */
export async function readSettings(file: string | undefined): Promise<object> {
  if (file === undefined) return {};
  const text = await readInput(file);
  try {
    const settings: unknown = JSON.parse(text);
    if (typeof settings === 'object' && settings !== null && !Array.isArray(settings)) return settings;
  } catch {
    // Not JSON: refused below like every other text that is no object.
  }
  throw new CliError('usage', `${file} holds no JSON object.`);
}

export function toNumber(value: string): number {
  const number = Number(value);
  if (value.trim() !== '' && Number.isFinite(number)) return number;
  throw new InvalidArgumentError('It is no number.');
}
