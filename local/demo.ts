import { join } from 'node:path';
import { untilInterrupted } from './interruption';
import { createStack, type Stack } from './stack';
import { readDescription, type StackDescription } from './stack-description';
import { LOCAL_DIRECTORY, readStackOptions } from './stack-options';
import { tellStory } from './story';
import { colour, printFailure, printProgress } from './terminal';
import { createTimeline } from './timeline';

/** `npm run demo`: all parts, beside those of `npm start`; the story; and nothing left running. */
async function main(): Promise<void> {
  const interrupted = untilInterrupted().then(() => Promise.reject(new Error('Interrupted.')));
  const options = readStackOptions(process.argv.slice(2), process.env);
  const running = options.databaseUrl ? await stackOn(options.databaseUrl) : undefined;
  const stack = running
    ? undefined
    : createStack({ ...options, directory: join(LOCAL_DIRECTORY, 'demo'), progress: printProgress });
  try {
    await Promise.race([tell(stack, running), interrupted, partFailed(stack)]);
  } finally {
    await stack?.stop();
  }
}

async function tell(stack: Stack | undefined, running: StackDescription | undefined): Promise<void> {
  if (running) console.log(`\nThe demo uses what npm start runs on this database: ${running.apiUrl}`);
  else console.log(colour('bold', '\nPortcullis starts'));
  const description = running ?? (await stack?.start());
  if (description) await tellStory(description, createTimeline());
  console.log(colour('green', '\nEvery step happened.'));
}

/** Two stacks on one database would deliver each other's messages: where `npm start` runs on it, it is used. */
async function stackOn(databaseUrl: string): Promise<StackDescription | undefined> {
  const description = await readDescription(join(LOCAL_DIRECTORY, 'stack.json'));
  if (description?.databaseUrl !== databaseUrl) return undefined;
  const ready = await fetch(`${description.apiUrl}/readyz`).catch(() => undefined);
  return ready?.ok ? description : undefined;
}

async function partFailed(stack: Stack | undefined): Promise<never> {
  if (!stack) return new Promise(() => undefined);
  throw new Error(await stack.failed);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    printFailure(error);
    process.exit(1);
  },
);
