import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  getUser,
  isActive,
  newEndpoint,
  newSession,
  newUser,
  type ReceiptBody,
  type UserBody,
} from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createCli(credentialsOf(api, 'admin'));
  await newUser(api, {
    id: 101,
    uid: 'ada',
    email: 'ada@example.com',
    firstName: 'Ada',
    lastName: 'Lovelace',
  });
  await newUser(api, { id: 102, uid: '-bob', firstName: 'B\u001b[31mob\u202e' });
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

describe('block, status, history, unblock', () => {
  it('take a user’s access and give it back, and show it to people', async () => {
    const { sessionId } = await newSession(api, 101);
    const blocked = await cli.run(
      'block',
      '101',
      '--reason',
      'Leaked',
      '--reason-for-user',
      'Your password got out',
      '--category',
      'security',
      '--until',
      '7d',
      '--email',
    );
    expect([blocked.code, blocked.stderr]).toEqual([0, '']);
    expect(blocked.stdout).toMatch(/^user +101\nstatus +suspended\nchanged +yes\nsessions ended +1\n/);
    expect(blocked.stdout).toMatch(/\ndeliveries +1 by email\n/);
    expect(await isActive(api, sessionId)).toBe(false);

    const { stdout: status } = await cli.run('status', '--uid', 'ada');
    expect(status).toMatch(
      /^id +101\nuid +ada\nname +Ada Lovelace\ne-mail +ada@example\.com\nstatus +suspended\n/,
    );
    expect(status).toMatch(
      /category +security\nreason +Leaked\ntold to the user +Your password got out\nblocked by +admin\n/,
    );

    expect((await cli.run('unblock', '--uid', 'ada')).code).toBe(0);
    const { stdout: history } = await cli.run('history', '101');
    const [headings, only] = history.trimEnd().split('\n');
    expect(headings).toMatch(/^BLOCKED AT +UNTIL +ENDED AT +HOW +CATEGORY +BY +REASON$/);
    expect(only).toMatch(/ unblocked by admin +security +admin +Leaked$/);
    expect((await cli.run('history', '102')).stdout).toBe('She was never suspended.\n');
  });

  it('show since when access is over, and wait for it', async () => {
    const { suspensionId } = await cli.json<ReceiptBody>('block', '102', '--reason', 'Leaked');
    const { stdout, code } = await cli.run('propagation', String(suspensionId), '--wait');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^user +102\nrevoked at +2\S+Z\nover at +2\S+Z\nguards +0\n/);
    const waits = await cli.run('propagation', '01a1fdda-889f-71ae-b8f9-ea0d6e52af4d', '--wait');
    expect(waits.code).not.toBe(0);
    await cli.run('unblock', '102');
  });

  it('show who was told late of it, and who in time', async () => {
    await newEndpoint(api);
    const poll = () => api.call('GET', '/api/v1/revocations?instance=edge&lease=5000&limit=10000');
    expect((await poll()).status).toBe(200);
    const { suspensionId } = await cli.json<ReceiptBody>('block', '102', '--webhook');
    const rowsShown = async () => {
      const { stdout } = await cli.run('propagation', String(suspensionId));
      const cells = stdout.split('\n').map((line) => line.trim().split(/ {2,}/));
      return (first: string) => cells.find(([cell]) => cell === first);
    };

    const inTime = await rowsShown();
    expect(inTime('CLIENT')).toEqual([
      'CLIENT',
      'INSTANCE',
      'TOLD AT',
      'ACKNOWLEDGED AT',
      'LATE',
      'LEASE EXPIRED AT',
    ]);
    expect(inTime('admin')).toEqual(['admin', 'edge', '-', '-', 'no', '-']);
    expect(inTime('EVENT')).toEqual(['EVENT', 'CHANNEL', 'TARGET', 'STATE', 'DELIVERED AT', 'LATE']);
    expect(inTime('user.blocked')?.slice(3)).toEqual(['pending', '-', 'no']);

    api.clock.shiftMs = 120_000;
    const late = await rowsShown();
    api.clock.shiftMs = 0;
    expect(late('admin')?.slice(2)).toEqual(['-', '-', 'yes', expect.stringMatching(/^2\S+Z$/)]);
    expect(late('user.blocked')?.slice(3)).toEqual(['pending', '-', 'yes']);
    await cli.run('unblock', '102');
  });

  it('answer in JSON what the service answers', async () => {
    const file = join(cli.folder, 'reason');
    await writeFile(file, 'From a file\n');
    const receipt = await cli.json<ReceiptBody>(
      'block',
      '101',
      '--reason-file',
      file,
      '--on-behalf-of',
      '9001',
    );
    expect(receipt).toMatchObject({ userId: 101, status: 'suspended', changed: true });
    const user = await cli.json<UserBody>('status', '101');
    expect(user).toEqual(await getUser(api, 101));
    expect(user.suspension).toMatchObject({ reason: 'From a file', onBehalfOfUserId: 9001 });
    expect(await cli.json<unknown[]>('history', '101')).toHaveLength(2);
    await cli.json('unblock', '101');
  });

  it('do not let a name steer the terminal', async () => {
    const { stdout } = await cli.run('status', '--uid=-bob');
    expect(stdout).toContain('B\ufffd[31mob\ufffd');
  });

  it.each([
    [['status', '999'], 3, 'User not found'],
    [['status', '--uid', 'nobody'], 3, 'No user has this uid.'],
    [['status'], 2, 'Name the user by her id, or by --uid'],
    [['status', '101', '--uid', 'ada'], 2, 'Name the user'],
    [['block', '0'], 2, '"0" is no user id'],
    [['block', '9007199254740992'], 2, 'is no user id'],
    [['block', '101', '--until', 'tomorrow'], 2, 'such as 30m, 12h, 7d or 2w'],
    [['block', '101', '--until', '2027-01-31'], 2, 'a time such as 2027-01-31T12:00:00Z'],
    [['block', '101', '--until', '2020-01-01T00:00:00Z'], 2, '/body/blockedUntil'],
    [['block', '101', '--reason', 'x'.repeat(251)], 2, '/body/suspensionReason'],
    [['block', '101', '--category', 'envy'], 2, 'Allowed choices are'],
    [['block', '101', '--on-behalf-of', '101'], 4, 'request '],
    [['blok', '101'], 2, "unknown command 'blok'"],
  ])('portcullis %j ends with %i and says why', async (args, code, said) => {
    const run = await cli.run(...args);
    expect(run).toMatchObject({ code, stdout: '' });
    expect(run.stderr).toMatch(/^portcullis: /);
    expect(run.stderr).toContain(said);
  });

  it('4: a client without the scope is told which one it is, and errors come as JSON where asked for', async () => {
    const reader = await createCli(credentialsOf(api, 'reader'));
    const { code, stderr } = await reader.run('block', '101', '--json');
    expect(code).toBe(4);
    expect(JSON.parse(stderr)).toEqual({
      error: {
        code: 'auth.insufficient_scope',
        exitCode: 4,
        message: expect.stringContaining('users:block') as string,
      },
    });
    expect((await getUser(api, 101)).status).toBe('active');
    await reader.close();
  });
});

describe('help', () => {
  it('lists the commands, the exit codes and the variables, and every command has an example', async () => {
    const { code, stdout } = await cli.run('--help');
    expect(code).toBe(0);
    for (const word of ['restore-fence', 'Exit codes:', '5  The service', 'PORTCULLIS_CLIENT_SECRET']) {
      expect(stdout).toContain(word);
    }
    const names = [...stdout.matchAll(/^ {2}([a-z][a-z-]+) .*[[<A-Z]/gm)].map(([, name]) => String(name));
    for (const name of names.filter((one) => !['help', 'logout', 'audit'].includes(one))) {
      expect((await cli.run(name, '--help')).stdout).toContain(`$ portcullis ${name}`);
    }
  });
});
