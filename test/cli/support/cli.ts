import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { transformFile } from '@swc/core';
import { PROJECT_DIRECTORY } from '../../../local/children';
import type { LocalClients } from '../../../local/secrets';
import type { TestIssuer } from '../../support/test-issuer';

export interface CliRun {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The command line as a process of its own, with a home of its own. */
export interface Cli {
  /** Where files of the test may lie. */
  folder: string;
  environment: NodeJS.ProcessEnv;
  /** Answers when it has ended. */
  run(...args: string[]): Promise<CliRun>;
  /** The same, with something on stdin. */
  runWith(input: string, ...args: string[]): Promise<CliRun>;
  start(...args: string[]): ChildProcess;
  /** Its answer in JSON. @throws where it does not end with 0 */
  json<T>(...args: string[]): Promise<T>;
  close(): Promise<void>;
}

/** @param environment the PORTCULLIS_ variables, of which it has no others */
export async function createCli(environment: NodeJS.ProcessEnv = {}): Promise<Cli> {
  const folder = await mkdtemp(join(tmpdir(), 'portcullis-cli-'));
  await compile(join(folder, 'dist/cli'));
  await symlink(join(PROJECT_DIRECTORY, 'node_modules'), join(folder, 'node_modules'));
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('PORTCULLIS_'));
  const start = (...args: string[]): ChildProcess =>
    spawn(process.execPath, [join(folder, 'dist/cli/main.js'), ...args], {
      cwd: folder,
      env: { ...Object.fromEntries(inherited), XDG_CONFIG_HOME: folder, ...environment },
    });
  const runWith = async (input: string, ...args: string[]): Promise<CliRun> => {
    const child = start(...args);
    child.stdin?.on('error', () => undefined).end(input);
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    const [stdout, stderr, code] = await Promise.all([
      child.stdout ? text(child.stdout) : '',
      child.stderr ? text(child.stderr) : '',
      ended,
    ]);
    return { code, stdout, stderr };
  };
  const run = (...args: string[]) => runWith('', ...args);
  return {
    folder,
    environment,
    run,
    runWith,
    start,
    async json<T>(...args: string[]): Promise<T> {
      const { code, stdout, stderr } = await run('--json', ...args);
      if (code !== 0) throw new Error(`portcullis ${args.join(' ')} ended with ${code}: ${stderr}`);
      return JSON.parse(stdout) as T;
    },
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

/** Once and not at each of many starts; as it is shipped, in CommonJS. */
async function compile(target: string): Promise<void> {
  const source = join(PROJECT_DIRECTORY, 'cli');
  const files = await readdir(source, { recursive: true });
  for (const file of files.filter((name) => name.endsWith('.ts'))) {
    const { code } = await transformFile(join(source, file), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      // `import()` loads what is an ES module.
      module: { type: 'commonjs', ignoreDynamic: true },
    });
    const compiled = join(target, file.replace(/\.ts$/, '.js'));
    await mkdir(dirname(compiled), { recursive: true });
    await writeFile(compiled, code);
  }
}

/** What a command needs to work as one of the issuer's clients, in place of `login`. */
export function credentialsOf(
  api: { url: string; issuer: TestIssuer },
  client: keyof LocalClients,
): NodeJS.ProcessEnv {
  const { clientId, clientSecret } = api.issuer.clients[client];
  return {
    PORTCULLIS_URL: api.url,
    PORTCULLIS_ISSUER: api.issuer.issuer,
    PORTCULLIS_AUDIENCE: api.issuer.audience,
    PORTCULLIS_CLIENT_ID: clientId,
    PORTCULLIS_CLIENT_SECRET: clientSecret,
  };
}
