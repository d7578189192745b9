import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { newEndpoint } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

type Endpoint = components['schemas']['WebhookEndpoint'];

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d',
  code: 'webhook_endpoint.not_found',
};
const pathOf = (id: string) => `/api/v1/webhook-endpoints/${id}`;
const path = async (...[api]: Parameters<typeof newEndpoint>) => pathOf((await newEndpoint(api)).id);

describeOperation('updateWebhookEndpoint', { path, missing }, (test) => {
  const update = (id: string, body: unknown, headers?: Record<string, string>) =>
    test.call('PATCH', pathOf(id), { body, headers });
  const get = async (id: string): Promise<Endpoint> => (await test.api.call('GET', pathOf(id))).body;
  const snapshot = () => snapshotOf(test.api.services.database);
  const lastRecord = async () => (await rowsOf(test.api.services.database, 'audit_records')).at(-1);

  it('200: changes what is given, leaves what is not, and answers the endpoint', async () => {
    const before = await newEndpoint(test.api, ['user.blocked'], { description: 'Log', rate: 5, timeout: 3 });
    const { status, body } = await update(before.id, {
      url: 'http://127.0.0.1:9/other',
      eventTypes: ['user.*', 'endpoint.disabled'],
      contact: 'ops@example.com',
      payload: 'thin',
    });
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: before.id,
      url: 'http://127.0.0.1:9/other',
      eventTypes: ['user.*', 'endpoint.disabled'],
      description: 'Log',
      contact: 'ops@example.com',
      rate: 5,
      timeout: 3,
      payload: 'thin',
      signature: 'v1',
      enabled: true,
      createdAt: before.createdAt,
    });
    expect((body as Endpoint).updatedAt).not.toBeNull();
    expect(await get(before.id)).toEqual(body);
  });

  it('200: at another address it begins anew; what went on at the one before is forgotten', async () => {
    const { id } = await newEndpoint(test.api);
    const failingSince = '2026-11-20T11:25:19.853Z';
    await test.api.services.database
      .query(sql`UPDATE webhook_endpoints SET failing_since = ${new Date(failingSince)},
      slowed_until = ${new Date(failingSince)} WHERE id = ${new Uuid(id)}`);
    const renamed = await update(id, { description: 'Log' });
    expect(renamed.body).toMatchObject({ failingSince, slowedUntil: failingSince });
    const moved = await update(id, { url: 'http://127.0.0.1:9/moved' });
    expect(moved.body).toMatchObject({ failingSince: null, slowedUntil: null });
    expect(await get(id)).toEqual(moved.body);
  });

  it('200: null takes a field away', async () => {
    const { id } = await newEndpoint(test.api, ['*'], {
      description: 'Log',
      contact: 'ops@example.com',
      rate: 5,
      timeout: 3,
      headers: [{ name: 'X-Key', value: 's3cr3t' }],
    });
    const nothing = { description: null, contact: null, rate: null, timeout: null };
    expect((await update(id, { ...nothing, headers: null })).body).toMatchObject({ ...nothing, headers: [] });
  });

  it('200: where nothing is different nothing is written', async () => {
    const { id } = await newEndpoint(test.api, ['user.*'], { headers: [{ name: 'X-Key', value: 's3cr3t' }] });
    const before = await snapshot();
    const same = { url: 'http://127.0.0.1:9/hook', eventTypes: ['user.*'], headers: [{ name: 'X-Key' }] };
    for (const body of [{}, same]) expect((await update(id, body)).status).toBe(200);
    expect(await snapshot()).toEqual(before);
  });

  it('200: a header without a value keeps the one that it has; values are shown and recorded nowhere (I7)', async () => {
    const { id } = await newEndpoint(test.api, ['*'], {
      headers: [
        { name: 'X-Key', value: 'first-s3cr3t' },
        { name: 'X-Gone', value: 'gone-s3cr3t' },
      ],
    });
    const change = { headers: [{ name: 'x-key' }, { name: 'X-New', value: 'new-s3cr3t' }] };
    const { body } = await update(id, change);
    expect((body as Endpoint).headers).toEqual([{ name: 'x-key' }, { name: 'X-New' }]);
    const record = await lastRecord();
    expect(record).toMatchObject({ action: 'webhook_endpoint.update', changed_fields: '["headers"]' });
    const trail = await test.api.call('GET', '/api/v1/audit-records?limit=5');
    const stored = await rowsOf(test.api.services.database, 'webhook_endpoints');
    expect(JSON.stringify([body, stored, trail.body])).not.toContain('s3cr3t');
    // A new value alone is a change, too.
    await update(id, { headers: [{ name: 'x-key' }, { name: 'X-New', value: 'newer-s3cr3t' }] });
    expect((await lastRecord())?.id).not.toEqual(record?.id);
  });

  it('200: leaves an audit record with the fields as they were and as they are', async () => {
    const { id } = await newEndpoint(test.api, ['user.blocked']);
    await update(id, { eventTypes: ['*'], payload: 'full' });
    const { body } = await test.api.call('GET', '/api/v1/audit-records?limit=1');
    const changes = [{ field: 'eventTypes', before: ['user.blocked'], after: ['*'] }];
    expect((body as { items: unknown[] }).items[0]).toMatchObject({
      action: 'webhook_endpoint.update',
      target: `webhook_endpoint:${id}`,
      changedFields: ['eventTypes'],
      values: { changes },
    });
  });

  it('412: of a state that has passed; of the present one it goes on (RFC 9110)', async () => {
    const { id } = await newEndpoint(test.api);
    const read = (await test.api.call('GET', pathOf(id))).headers.get('etag') ?? '';
    const changed = await update(id, { rate: 5 }, { 'if-match': read });
    expect(changed.status).toBe(200);
    const before = await snapshot();
    const late = await update(id, { rate: 6 }, { 'if-match': read });
    expect([late.status, (late.body as { code: string }).code]).toEqual([412, 'precondition.failed']);
    expect(await snapshot()).toEqual(before);
    const next = changed.headers.get('etag') ?? '';
    expect((await update(id, { rate: 7 }, { 'if-match': next })).body).toMatchObject({ rate: 7 });
  });

  it.each([
    [{ url: 'https://169.254.169.254/' }, '/body/url'],
    [{ headers: [{ name: 'X-New' }] }, '/body/headers/0/value'],
    [{ headers: [{ name: 'Webhook-Id', value: 'x' }] }, '/body/headers/0/name'],
    [{ eventTypes: ['user.blocked', 'group.*'] }, '/body/eventTypes/1'],
    [{ signature: 'v1a' }, '/body/signature'],
    [{ secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' }, '/body/secret'],
  ])('400: %j names the field, and nothing changes (I8)', async (patch, pointer) => {
    const { id } = await newEndpoint(test.api);
    const before = await snapshot();
    const { status, body } = await update(id, patch);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer }] });
    expect(await snapshot()).toEqual(before);
  });

  it('I3: two changes at once both count', async () => {
    const { id } = await newEndpoint(test.api);
    await Promise.all([update(id, { rate: 5 }), update(id, { description: 'Log' })]);
    expect(await get(id)).toMatchObject({ rate: 5, description: 'Log' });
  });
});
