import { CliError } from './cli-error';
import { type Credentials, readCredentials } from './credentials-file';

/** Where the API is and who we are. The environment goes before what `login` has stored. */
export type Settings = Omit<Credentials, 'token'>;

/** The variables that are read; the secret comes from nowhere else but a prompt or a file. */
export const environment = {
  url: 'PORTCULLIS_URL',
  issuer: 'PORTCULLIS_ISSUER',
  clientId: 'PORTCULLIS_CLIENT_ID',
  clientSecret: 'PORTCULLIS_CLIENT_SECRET',
  audience: 'PORTCULLIS_AUDIENCE',
  scope: 'PORTCULLIS_SCOPE',
} as const;

const required = ['url', 'issuer', 'clientId', 'clientSecret'] as const;

export function settingsFromEnvironment(): Partial<Settings> {
  const given = Object.entries(environment).flatMap(([name, variable]) => {
    const value = process.env[variable];
    return value === undefined || value === '' ? [] : [[name, value]];
  });
  return Object.fromEntries(given) as Partial<Settings>;
}

/**
 * What the commands work with, and the token that `login` stored for exactly these settings.
 * @throws `unauthenticated` with what is missing
 */
export async function loadSettings(): Promise<{ settings: Settings; stored: Credentials | null }> {
  const stored = await readCredentials();
  const { token: _token, ...fromFile } = stored ?? {};
  const settings: Partial<Settings> = { ...fromFile, ...settingsFromEnvironment() };
  const missing = required.filter((name) => settings[name] === undefined);
  if (missing.length > 0) {
    throw new CliError(
      'unauthenticated',
      `Nobody is logged in: run \`portcullis login\`, or set ${missing.map((name) => environment[name]).join(', ')}.`,
    );
  }
  const names = Object.keys(environment) as (keyof Settings)[];
  const isStored = stored !== null && names.every((name) => settings[name] === stored[name]);
  return { settings: settings as Settings, stored: isStored ? stored : null };
}
