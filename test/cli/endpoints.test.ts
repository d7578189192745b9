import type { components } from '../../src/http/contract.generated';
import { newEndpoint } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';
import { type Cli, createCli, credentialsOf } from './support/cli';

type Endpoint = components['schemas']['WebhookEndpointWithSecret'];

let api: TestApi;
let cli: Cli;
let receiver: WebhookReceiver;

beforeAll(async () => {
  [api, receiver] = await Promise.all([startTestApi(), startWebhookReceiver()]);
  cli = await createCli(credentialsOf(api, 'admin'));
});
afterAll(async () => {
  await cli.close();
  await receiver.close();
  await api.close();
});

const create = (...options: string[]) => cli.json<Endpoint>('endpoints', 'create', receiver.url, ...options);

it('endpoints: registers one, tries whether it arrives, and changes its secret', async () => {
  const { id, secret, ...created } = await create(
    '--events',
    'user.*,endpoint.disabled',
    '--rate',
    '5',
    '--disabled',
  );
  expect(created).toMatchObject({
    url: receiver.url,
    eventTypes: ['user.*', 'endpoint.disabled'],
    rate: 5,
    enabled: false,
  });
  expect(secret).toMatch(/^whsec_/);
  expect((await cli.run('endpoints', 'test', id)).stdout).toMatch(/^It arrived: 204 after \d+ ms\.\n$/);
  const rotated = await cli.json<Endpoint>('endpoints', 'rotate', id, '--overlap', '0');
  expect(rotated).toMatchObject({ id, previousSecretUntil: null });
  expect(rotated.secret).not.toBe(secret);
  const updated = await cli.json<Endpoint>('endpoints', 'update', id, '--payload', 'thin', '--timeout', '3');
  expect(updated).toMatchObject({ payload: 'thin', timeout: 3, rate: 5 });
});

it('endpoints: disables one, shows it, enables it and removes it', async () => {
  const { id } = await newEndpoint(api);
  expect(await cli.json('endpoints', 'disable', id)).toMatchObject({ enabled: false });
  expect((await cli.run('endpoints', 'list')).stdout).toMatch(new RegExp(`${id} .*disabled \\(request\\)`));
  const { stdout } = await cli.run('endpoints', 'enable', id);
  expect(stdout).toMatch(/state +enabled\n/);
  expect(stdout).not.toContain('secret');
  expect((await cli.run('endpoints', 'delete', id)).code).toBe(0);
  expect((await cli.run('endpoints', 'show', id)).code).toBe(3);
});

it('endpoints: what is secret comes from stdin, and null takes away (I7)', async () => {
  const { id } = await newEndpoint(api, ['*'], { enabled: false });
  const settings = JSON.stringify({ headers: [{ name: 'X-Api-Key', value: 's3cr3t' }], description: 'Log' });
  const { stdout } = await cli.runWith(settings, 'endpoints', 'update', id, '--settings', '-');
  expect(stdout).toMatch(/headers +X-Api-Key\n/);
  expect(stdout).not.toContain('s3cr3t');
  await cli.runWith('{"description": null}', 'endpoints', 'update', id, '--settings', '-');
  expect(await cli.json('endpoints', 'show', id)).toMatchObject({ description: null, enabled: false });
  const given = JSON.stringify({ secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' });
  expect((await cli.runWith(given, 'endpoints', 'rotate', id, '--settings', '-')).stdout).toContain(
    'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD',
  );
});

it('endpoints: 4: a ping that does not arrive says why', async () => {
  const { id } = await newEndpoint(api);
  const { code, stdout } = await cli.run('endpoints', 'test', id);
  expect([code, stdout]).toEqual([4, expect.stringMatching(/^It did not arrive: the request failed/)]);
});

it('endpoints: 2: what is no number and no object', async () => {
  expect((await cli.run('endpoints', 'create', receiver.url, '--rate', 'fast')).code).toBe(2);
  expect((await cli.runWith('[]', 'endpoints', 'update', 'x', '--settings', '-')).code).toBe(2);
});
