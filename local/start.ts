import { join, relative } from 'node:path';
import { clientToken } from './client-token';
import { untilInterrupted } from './interruption';
import { createStack } from './stack';
import type { StackDescription } from './stack-description';
import { LOCAL_DIRECTORY, readStackOptions } from './stack-options';
import { colour, printFailure, printProgress } from './terminal';

/** `npm start`: all parts on this machine, until Ctrl-C. */
async function main(): Promise<number> {
  const interrupted = untilInterrupted();
  const options = readStackOptions(process.argv.slice(2), process.env);
  console.log(colour('bold', '\nPortcullis starts'));
  const stack = createStack({ ...options, directory: LOCAL_DIRECTORY, progress: printProgress });
  let wanted = false;
  void interrupted.then(() => {
    wanted = true;
    console.log('\nStopping.');
    return stack.stop();
  });
  try {
    const description = await stack.start();
    await print(description);
    const failure = await Promise.race([interrupted.then(() => undefined), stack.failed]);
    if (failure !== undefined) throw new Error(`${failure} See ${join(LOCAL_DIRECTORY, 'logs')}.`);
    return 0;
  } catch (error) {
    if (wanted) return 0;
    throw error;
  } finally {
    await stack.stop();
  }
}

async function print(stack: StackDescription): Promise<void> {
  const { apiUrl, clients, tokenUrl } = stack;
  const token = await clientToken(tokenUrl, clients.admin, stack.audience);
  const addresses = {
    API: `${apiUrl}/api/v1`,
    'Its documentation': `${apiUrl}/docs`,
    'Metrics of the worker': `${stack.workerUrl}/metrics`,
    'Tokens for clients': tokenUrl,
    'Tokens for users': stack.userTokenUrl,
    'Caught e-mails': stack.mailUrl,
    'Received webhooks': stack.webhookReceiverUrl,
    'All of it, with secrets': relative(process.cwd(), join(LOCAL_DIRECTORY, 'stack.json')),
    Logs: relative(process.cwd(), join(LOCAL_DIRECTORY, 'logs')),
  };
  console.log(colour('bold', '\nPortcullis is ready'));
  for (const [name, address] of Object.entries(addresses)) {
    console.log(`  ${name.padEnd(25)}${colour('cyan', address)}`);
  }
  const id = 100_000 + Math.floor(Math.random() * 900_000);
  const call = (method: string, path: string, body: unknown) =>
    [
      `curl -sS -i -X ${method} '${apiUrl}/api/v1${path}'`,
      `-H 'Authorization: Bearer ${token}' -H 'Content-Type: application/json'`,
      `-d '${JSON.stringify(body)}'`,
    ].join(' ');
  const user = { id, email: 'ada@example.com', firstName: 'Ada', lastName: 'Lovelace' };
  const block = {
    triggerWebhook: true,
    notifyUserViaEmail: true,
    suspensionReason: 'Repeated failed sign-ins',
  };
  console.log(colour('bold', '\nCreate a user, then block her (the token lasts an hour):\n'));
  console.log(`${call('POST', '/users', user)}\n`);
  console.log(`${call('PATCH', `/users/${id}/block`, block)}\n`);
  console.log(
    colour('dim', 'Ctrl-C stops everything; the data stays in .local/ until npm start -- --fresh.'),
  );
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    printFailure(error);
    process.exit(1);
  },
);
