import type { Command } from 'commander';
import { askSecret } from '../ask';
import { CliError } from '../cli-error';
import { outputOf } from '../context';
import { removeCredentials, writeCredentials } from '../credentials-file';
import { readSecret } from '../read-secret';
import { requestToken } from '../request-token';
import { environment, type Settings, settingsFromEnvironment } from '../settings';

interface LoginOptions extends Partial<Omit<Settings, 'clientSecret'>> {
  clientSecretFile?: string;
}

export function addLoginCommands(program: Command): void {
  program
    .command('login')
    .description('Log in as a client of the identity provider, and remember it for the commands to come')
    .option('--url <url>', 'where the API is')
    .option('--issuer <url>', 'who issues access tokens')
    .option('--client-id <id>', 'the client')
    .option('--client-secret-file <file>', 'a file whose first line is the secret; asked for otherwise')
    .option('--audience <audience>', 'what tokens are to be for, where the issuer wants to know')
    .option('--scope <scopes>', 'what to ask for; all that the client may by default')
    .addHelpText(
      'after',
      `
The secret is never an argument, which everybody on this machine could see: type it, pipe it in, or set ${environment.clientSecret}.

Examples:
  $ portcullis login --url https://portcullis.example.com --issuer https://id.example.com --client-id ops
  $ portcullis login --client-secret-file /run/secrets/portcullis < /dev/null`,
    )
    .action(async (options: LoginOptions, command: Command) => {
      const settings = await settingsOf(options);
      const token = await requestToken(settings);
      const file = await writeCredentials({ ...settings, token });
      const { url, issuer, clientId } = settings;
      outputOf(command).result(
        { url, issuer, clientId, file },
        () => `Logged in to ${url} as ${clientId}. The credentials are in ${file}.`,
      );
    });

  program
    .command('logout')
    .description('Forget the credentials')
    .action(async (_options: unknown, command: Command) => {
      const removed = await removeCredentials();
      outputOf(command).result({ removed }, () => (removed ? 'Logged out.' : 'Nobody was logged in.'));
    });
}

async function settingsOf({ clientSecretFile, ...options }: LoginOptions): Promise<Settings> {
  const given = { ...settingsFromEnvironment(), ...options };
  const { url, issuer, clientId } = given;
  if (url === undefined || issuer === undefined || clientId === undefined) {
    throw new CliError('usage', 'Give --url, --issuer and --client-id.');
  }
  const fromFile = clientSecretFile === undefined ? undefined : await readSecret(clientSecretFile);
  const clientSecret = fromFile ?? given.clientSecret ?? (await askSecret(`Secret of ${clientId}: `));
  return { ...given, url, issuer, clientId, clientSecret };
}
