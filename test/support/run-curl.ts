import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';

/** What a command line of a vendor's document needs; `.ci/run` brings it. */
export const hasCurl = spawnSync('curl', ['--version']).status === 0;

/** Runs a command line as a shell would, and answers the status and the parsed body; undefined where there was none. */
export async function runCurl(
  command: string,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ status: number; body: unknown }> {
  const { stdout } = await promisify(execFile)(
    'sh',
    ['-c', `${command.trim()} --silent --show-error --write-out '\\n%{http_code}'`],
    { env: { PATH: process.env.PATH, ...environment }, timeout: 30_000 },
  );
  const [, body = '', status = ''] = /^(.*)\n(\d+)$/s.exec(stdout) ?? [];
  return { status: Number(status), body: body === '' ? undefined : (JSON.parse(body) as unknown) };
}
