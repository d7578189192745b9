import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import {
  type DeliveryBody,
  type DetailBody,
  finish,
  getDelivery,
  newDelivery,
} from '../api/support/deliveries';
import { newEndpoint } from '../api/support/fixtures';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

const NOBODY = '01a1fdda-889f-71ae-b8f9-ea0d6e52af4d';

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

const attempt = (id: string, response: string) =>
  api.services.database
    .query(sql`INSERT INTO delivery_attempts (delivery_id, number, started_at, took_ms, outcome,
    status_code, error_kind, error, response) VALUES (${new Uuid(id)}, 1, ${new Date()}, 42, 'gave_up', 500, 'answer',
    'the endpoint answered 500', ${response})`);
const stateOf = async (id: string) => (await getDelivery(api, id)).state;

it('deliveries, delivery, redeliver: show what has become of a webhook, and send it anew', async () => {
  const { id: endpointId } = await newEndpoint(api);
  const [dead, pending] = [await newDelivery(api, endpointId), await newDelivery(api, endpointId)];
  await finish(api, dead.id, 'dead');
  await attempt(dead.id, `no\u001b[31m${'x'.repeat(100)}`);

  const listed = await cli.json<DeliveryBody[]>('deliveries', '--endpoint', endpointId, '--since', '1h');
  expect(listed.map(({ id }) => id)).toEqual([pending.id, dead.id]);
  const filters = ['--user', String(dead.userId), '--state', 'dead', '--type', 'user.blocked'];
  expect(await cli.json('deliveries', ...filters)).toMatchObject([{ id: dead.id, state: 'dead' }]);
  expect(await cli.json('deliveries', '--endpoint', endpointId, '--limit', '1')).toHaveLength(1);
  const { stdout: rows } = await cli.run('deliveries', '--endpoint', endpointId, '--state', 'dead');
  expect(rows).toMatch(new RegExp(`^DELIVERY +CREATED +.*\n${dead.id} .* user\\.blocked .* dead +1 +-\n$`));
  expect((await cli.run('deliveries', '--endpoint', NOBODY)).stdout).toBe('There is no such delivery.\n');

  const { stdout } = await cli.run('delivery', dead.id);
  expect(stdout).toMatch(/^delivery +.*\nevent +user\.blocked .*\n[^]*state +dead\n/);
  // What a receiver wrote must not steer the terminal.
  expect(stdout).toMatch(
    /\n1 +\S+ +42 ms +gave_up +500 +answer: the endpoint answered 500 +no\ufffd\[31mx{53}…\n/,
  );

  expect(await cli.json<DetailBody>('redeliver', dead.id)).toMatchObject({ state: 'pending' });
  expect(await stateOf(dead.id)).toBe('pending');
});

it('recover, replay: send an endpoint anew what it missed, and everything', async () => {
  const { id: endpointId } = await newEndpoint(api);
  const [dead, arrived] = [await newDelivery(api, endpointId), await newDelivery(api, endpointId)];
  await finish(api, dead.id, 'dead');
  await finish(api, arrived.id, 'delivered');
  const recovered = await cli.run('recover', endpointId, '--since', '1h');
  expect([recovered.code, recovered.stdout]).toEqual([0, 'Deliveries that are sent anew: 1.\n']);
  expect([await stateOf(dead.id), await stateOf(arrived.id)]).toEqual(['pending', 'delivered']);
  await finish(api, dead.id, 'delivered');
  const types = ['--types', 'user.blocked,user.unblocked'];
  expect(await cli.json('replay', endpointId, '--from', '1h', '--to', '30m', ...types)).toEqual({ count: 0 });
  expect(await cli.json('replay', endpointId, '--from', '1h', ...types)).toEqual({ count: 2 });
});

it.each([
  [3, ['delivery', NOBODY]],
  [3, ['redeliver', NOBODY]],
  [3, ['recover', NOBODY, '--since', '2026-11-21T12:00:00Z']],
  [2, ['recover', NOBODY]],
  [2, ['replay', NOBODY, '--from', 'yesterday']],
  [2, ['replay', NOBODY, '--from', '1h', '--types', 'user.lost']],
  [2, ['deliveries', '--state', 'lost']],
  [2, ['deliveries', '--limit', '0']],
  [2, ['deliveries', '--user', 'ada']],
])('%i: %j', async (code, args) => {
  expect((await cli.run(...args)).code).toBe(code);
});
