import type { components } from '../../src/http/contract.generated';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

type SigningKey = components['schemas']['SigningKey'];
type SigningKeysRotated = components['schemas']['SigningKeysRotated'];

let api: TestApi;
let cli: Cli;

beforeAll(async () => {
  api = await startTestApi();
  cli = await createCli(credentialsOf(api, 'admin'));
});
afterAll(async () => {
  await cli.close();
  await api.close();
});

it('signing-keys: shows them, lets the next one take over, and withdraws them where they are compromised', async () => {
  expect((await cli.run('signing-keys', 'list')).stdout).toContain('There is no key');
  const { key: first } = await cli.json<SigningKeysRotated>('signing-keys', 'rotate');
  expect(first.state).toBe('signing');

  const planned = await cli.run('signing-keys', 'rotate');
  const [next, signing] = await cli.json<SigningKey[]>('signing-keys', 'list');
  expect([planned.code, signing?.kid]).toEqual([0, first.kid]);
  expect(planned.stdout).toBe(`The key ${next?.kid} is published, and signs from ${next?.signsFrom} on.\n`);
  const [headings, ...rows] = (await cli.run('signing-keys', 'list')).stdout.trimEnd().split('\n');
  expect(headings).toMatch(/^KEY +STATE +MADE +SIGNS FROM +SIGNS UNTIL +PUBLISHED UNTIL$/);
  const cells = rows.map((row) => row.split(/ {2,}/));
  expect(cells).toEqual([
    [next?.kid, 'next', next?.createdAt, next?.signsFrom, '-', '-'],
    [first.kid, 'signing', first.createdAt, first.signsFrom, next?.signsFrom, signing?.publishedUntil],
  ]);

  const replaced = await cli.run('signing-keys', 'rotate', '--compromised');
  const [left, ...more] = await cli.json<SigningKey[]>('signing-keys', 'list');
  expect([left?.state, more]).toEqual(['signing', []]);
  expect(replaced.stdout.trimEnd().split('\n')).toEqual([
    `The key ${left?.kid} signs from now on.`,
    `The key ${next?.kid} is withdrawn.`,
    `The key ${first.kid} is withdrawn.`,
  ]);
});

it('signing-keys: who lacks the scope is told which one it is', async () => {
  const reader = await createCli(credentialsOf(api, 'reader'));
  const { code, stderr } = await reader.run('signing-keys', 'rotate', '--compromised');
  await reader.close();
  expect([code, stderr]).toEqual([4, expect.stringContaining('signing_keys:manage')]);
});
