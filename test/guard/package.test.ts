import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../events/delivery-fixtures';
import { privatePort } from '../support/private-port';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer';
import { RESOURCE, userToken } from './support/guarded';
import { sendJson, startStubFeed, type StubFeed } from './support/stub-feed';

const run = promisify(execFile);
const project = join(__dirname, '../..');
/** What a resource server has besides; of the guard's own dependencies jose alone. */
const INSTALLED = ['jose', 'express', 'typescript', '@types'];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'resource-server-'));
  await install(await pack());
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

/** The package as `npm publish` would send it, with the guard alone built. */
async function pack(): Promise<string> {
  const build = join(folder, 'build');
  await mkdir(build);
  for (const file of ['package.json', 'README.md', 'LICENSE', 'openapi.yaml']) {
    await cp(join(project, file), join(build, file));
  }
  const tsc = join(project, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [
    tsc,
    '-p',
    join(project, 'tsconfig.guard.json'),
    '--outDir',
    join(build, 'dist'),
  ]);
  const { stdout } = await run('npm', ['pack', '--silent', '--offline', '--ignore-scripts'], { cwd: build });
  return join(build, stdout.trim());
}

async function install(archive: string): Promise<void> {
  const modules = join(folder, 'node_modules');
  await mkdir(join(modules, 'portcullis'), { recursive: true });
  await run('tar', ['-xzf', archive, '--strip-components=1', '-C', join(modules, 'portcullis')]);
  for (const name of INSTALLED) await symlink(join(project, 'node_modules', name), join(modules, name));
}

const written = async (name: string, text: string): Promise<string> => {
  await writeFile(join(folder, name), text);
  return join(folder, name);
};

describe('portcullis/guard, as a resource server installs it', () => {
  it('is imported by ES modules and required by CommonJS', async () => {
    const module = await written(
      'module.mjs',
      "import { createGuard } from 'portcullis/guard'; console.log(typeof createGuard);",
    );
    const script = await written(
      'script.cjs',
      "console.log(typeof require('portcullis/guard').createGuard);",
    );
    for (const file of [module, script]) {
      expect((await run(process.execPath, [file])).stdout).toBe('function\n');
    }
  });

  it('brings its types, which fit Express', async () => {
    const file = await written(
      'server.ts',
      `import express, { type Request } from 'express';
       import { createGuard, type Guard, type RequestAuth, type Verdict } from 'portcullis/guard';
       const guard: Guard = createGuard({
         issuer: 'https://id.example.com',
         audience: 'https://orders.example.com',
         api: 'https://portcullis.example.com',
         token: () => Promise.resolve('token'),
         onEvent: (event) => { if (event.type === 'poll_failed') console.log(event.retryInMs); },
       });
       const app = express().use(guard.middleware);
       app.get('/', guard.middleware, (request: Request & { auth?: RequestAuth }, response) => {
         const subject: string | undefined = request.auth?.payload.sub;
         response.json(subject);
       });
       export async function subjectOf(token: string): Promise<string> {
         const verdict: Verdict = await guard.check(token);
         return verdict.active ? verdict.claims.sub : verdict.reason;
       }
       // @ts-expect-error it is a word
       createGuard({ issuer: 1 });`,
    );
    const tsc = join(project, 'node_modules/typescript/bin/tsc');
    const options = [
      '--noEmit',
      '--strict',
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--types',
      'node',
      '--skipLibCheck',
    ];
    const { stdout } = await run(process.execPath, [tsc, ...options, '--esModuleInterop', file], {
      cwd: folder,
    }).catch((error: { stdout: string }) => error);
    expect(stdout).toBe('');
  }, 120_000);
});

describe('the ten lines of the documentation', () => {
  it('are the same in both places', async () => {
    const [own, readme] = await Promise.all(
      ['guard/README.md', 'README.md'].map((file) => readFile(join(project, file), 'utf8')),
    );
    expect(readme?.includes(exampleOf(own ?? ''))).toBe(true);
  });

  let issuer: TestIssuer;
  let feed: StubFeed;
  let server: ChildProcess;
  afterAll(async () => {
    if (server?.exitCode === null) {
      server.kill();
      await once(server, 'exit');
    }
    await Promise.all([feed.close(), issuer.close()]);
  });

  it('are a resource server whose users are out once the feed says so (I1)', async () => {
    [issuer, feed] = await Promise.all([startTestIssuer(), startStubFeed()]);
    const code = exampleOf(await readFile(join(project, 'guard/README.md'), 'utf8'));
    const tokens = createServer((_request, response) =>
      sendJson(response, 200, { access_token: 'orders-token', token_type: 'Bearer', expires_in: 600 }),
    ).listen(0, '127.0.0.1');
    await once(tokens, 'listening');
    const port = await privatePort();
    server = spawn(process.execPath, [await written('example.js', code)], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: {
        PATH: process.env.PATH,
        ISSUER: issuer.issuer,
        AUDIENCE: RESOURCE,
        PORTCULLIS_URL: feed.url,
        TOKEN_URL: `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/`,
        CLIENT_SECRET: 'secret',
        PORT: String(port),
      },
    });
    const token = await userToken(issuer, { epoch: 1 });
    const get = () =>
      fetch(`http://127.0.0.1:${port}/orders`, { headers: { authorization: `Bearer ${token}` } });
    const first = await eventually(() => get().catch(() => null), 'the resource server');
    expect([first.status, await first.json()]).toEqual([200, { of: 'ada' }]);
    feed.revoke({ uid: 'ada', epoch: 2 });
    await eventually(async () => (await get()).status === 401 || null, 'the end of her access');
    expect(feed.polls.every(({ authorization }) => authorization === 'Bearer orders-token')).toBe(true);
    tokens.close();
    tokens.closeAllConnections();
  });
});

function exampleOf(readme: string): string {
  const code = /```js\n([^]*?)```/.exec(readme)?.[1] ?? '';
  expect(code).toContain('createGuard');
  return code;
}
