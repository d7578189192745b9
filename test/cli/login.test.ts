import { once } from 'node:events';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { newUser } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

interface Stored {
  clientSecret: string;
  token: { value: string; expiresAt: number };
}

let api: TestApi;
let cli: Cli;
let secret: string;

beforeAll(async () => {
  api = await startTestApi();
  await newUser(api, { id: 101, uid: 'ada' });
  secret = api.issuer.clients.admin.clientSecret;
});
afterAll(() => api.close());
beforeEach(async () => {
  cli = await createCli();
});
afterEach(() => cli.close());

const login = (...more: string[]) => [
  'login',
  ...['--url', api.url, '--issuer', api.issuer.issuer, '--audience', api.issuer.audience],
  ...['--client-id', 'admin', ...more],
];
/** Where nobody listens: the system has just given the port out, and gives others first. */
async function closedAddress(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

const stored = () => join(cli.folder, 'portcullis/credentials.json');
const readStored = async () => JSON.parse(await readFile(stored(), 'utf8')) as Stored;

describe('login', () => {
  it('takes the secret from stdin, remembers it for its owner alone, and shows it nowhere (I7)', async () => {
    const { code, stdout, stderr } = await cli.runWith(`${secret}\n`, ...login());
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toBe(`Logged in to ${api.url} as admin. The credentials are in ${stored()}.\n`);
    expect((await stat(stored())).mode & 0o777).toBe(0o600);
    expect((await stat(join(cli.folder, 'portcullis'))).mode & 0o777).toBe(0o700);
    expect((await cli.json<{ uid: string }>('status', '101')).uid).toBe('ada');
    expect((await cli.run('logout')).stdout).toBe('Logged out.\n');
    expect((await cli.run('status', '101')).code).toBe(6);
  });

  it('takes the secret from a file', async () => {
    const file = join(cli.folder, 'secret');
    await writeFile(file, `${secret}\n`);
    expect((await cli.run(...login('--client-secret-file', file))).code).toBe(0);
    expect((await cli.run(...login('--client-secret-file', `${file}.none`))).code).toBe(3);
  });

  it('6: a wrong secret; it is said in words, kept nowhere and repeated nowhere (I7)', async () => {
    const { code, stdout, stderr } = await cli.runWith('a-wrong-secret', ...login());
    expect([code, stdout]).toEqual([6, '']);
    expect(stderr).toMatch(/^portcullis: The issuer refuses/);
    expect(stderr).not.toContain('a-wrong-secret');
    await expect(stat(stored())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('2: a secret is not taken as an argument, which a process list would show, and is not repeated (I7)', async () => {
    for (const given of [[`--client-secret=${secret}`], ['--client-secret', secret]]) {
      const { code, stdout, stderr } = await cli.run(...login(...given));
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain(secret);
      expect(stderr).toContain("unknown option '--client-secret'");
    }
  });

  it('2: no secret, no address, and an issuer to which the secret would travel in the clear', async () => {
    expect((await cli.run(...login())).stderr).toBe('portcullis: No secret was given.\n');
    expect((await cli.runWith(secret, 'login', '--client-id', 'admin')).code).toBe(2);
    const insecure = await cli.runWith(secret, ...login('--issuer', 'http://id.example.com'));
    expect([insecure.code, insecure.stderr]).toEqual([
      2,
      expect.stringContaining('must be an https address'),
    ]);
  });
});

describe('the token', () => {
  const change = async (token: Partial<Stored['token']>) => {
    const content = await readStored();
    await writeFile(stored(), JSON.stringify({ ...content, token: { ...content.token, ...token } }));
  };

  it('serves until it expires, and is replaced then', async () => {
    await cli.runWith(secret, ...login());
    const first = (await readStored()).token.value;
    await cli.json('status', '101');
    expect((await readStored()).token.value).toBe(first);
    await change({ expiresAt: Date.now() + 1_000 });
    await cli.json('status', '101');
    const { value, expiresAt } = (await readStored()).token;
    expect(value).not.toBe(first);
    expect(expiresAt).toBeGreaterThan(Date.now() + 60_000);
  });

  it('is replaced, once, where the service does not accept it any more', async () => {
    await cli.runWith(secret, ...login());
    const expired = await api.issuer.sign({
      sub: 'admin',
      client_id: 'admin',
      scope: 'system_api',
      exp: 1_700_000_000,
    });
    await change({ value: expired });
    expect((await cli.json<{ uid: string }>('status', '101')).uid).toBe('ada');
    expect((await readStored()).token.value).not.toBe(expired);
  });

  it('6: tokens for another audience are never accepted', async () => {
    const other = await startTestApi({ AUDIENCE: 'https://another.example.com' });
    const foreign = await createCli({ ...credentialsOf(api, 'admin'), PORTCULLIS_URL: other.url });
    const { code, stderr } = await foreign.run('status', '101');
    expect([code, stderr]).toEqual([6, expect.stringContaining('request ')]);
    await foreign.close();
    await other.close();
  });

  it('2: a file that others can read is not used', async () => {
    await cli.runWith(secret, ...login());
    await chmod(stored(), 0o644);
    const { code, stderr } = await cli.run('status', '101');
    expect([code, stderr]).toEqual([2, expect.stringContaining('chmod 600')]);
  });
});

describe('the environment goes before the file', () => {
  it.each([
    ['the API', 'PORTCULLIS_URL', 'The API at'],
    ['the issuer', 'PORTCULLIS_ISSUER', 'The issuer'],
  ])('5: %s is away', async (_what, variable, said) => {
    const nobody = await closedAddress();
    const lost = await createCli({ ...credentialsOf(api, 'admin'), [variable]: nobody });
    expect(await lost.run('status', '101')).toEqual({
      code: 5,
      stdout: '',
      stderr: `portcullis: ${said} ${nobody} does not answer (ECONNREFUSED).\n`,
    });
    await lost.close();
  });

  it('6: names the variables that are missing', async () => {
    const partly = await createCli({ PORTCULLIS_URL: api.url, PORTCULLIS_CLIENT_ID: 'admin' });
    const { code, stderr } = await partly.run('status', '101');
    expect(code).toBe(6);
    expect(stderr).toContain('set PORTCULLIS_ISSUER, PORTCULLIS_CLIENT_SECRET.');
    await partly.close();
  });
});
