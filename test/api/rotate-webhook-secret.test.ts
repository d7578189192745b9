import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { newEndpoint } from './support/fixtures';
import { rowsOf, snapshotOf } from './support/tables';

type Rotated = components['schemas']['WebhookEndpointWithSecret'];

const missing = {
  path: '/api/v1/webhook-endpoints/01a1fdda-889f-71ae-b8f9-ea0d6e52af4d/rotate-secret',
  code: 'webhook_endpoint.not_found',
};
const pathOf = (id: string) => `/api/v1/webhook-endpoints/${id}/rotate-secret`;
const path = async (...[api]: Parameters<typeof newEndpoint>) => pathOf((await newEndpoint(api)).id);
const GIVEN = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';

describeOperation('rotateWebhookSecret', { path, missing }, (test) => {
  const rotate = async (id: string, body?: unknown): Promise<Rotated> => {
    const answer = await test.call('POST', pathOf(id), { body });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const secondsFromNow = (time: string | null) => (Date.parse(time ?? '') - Date.now()) / 1000;

  it('200: answers a new secret, this once; the one before signs for a day', async () => {
    const before = await newEndpoint(test.api);
    const { secret, ...rotated } = await rotate(before.id);
    expect(secret).toMatch(/^whsec_/);
    expect(secret).not.toBe(before.secret);
    expect(Math.abs(secondsFromNow(rotated.previousSecretUntil) - 86_400)).toBeLessThan(60);
    const later = await test.api.call('GET', `/api/v1/webhook-endpoints/${before.id}`);
    expect(later.body).toEqual(rotated);
  });

  it('200: takes a secret, and an overlap; with none the one before signs no more', async () => {
    const { id } = await newEndpoint(test.api);
    const first = await rotate(id, { secret: GIVEN, overlap: 3600 });
    expect(first.secret).toBe(GIVEN);
    expect(Math.abs(secondsFromNow(first.previousSecretUntil) - 3600)).toBeLessThan(60);
    expect((await rotate(id, { overlap: 0 })).previousSecretUntil).toBeNull();
    const [row] = (await rowsOf(test.api.services.database, 'webhook_endpoints')).slice(-1);
    expect(row?.previous_secret).toBeNull();
  });

  it('200: of v1a the public keys of both are shown, the newest first', async () => {
    const before = await newEndpoint(test.api, ['*'], { signature: 'v1a' });
    const { publicKeys, secret } = await rotate(before.id);
    expect(secret).toMatch(/^whsk_/);
    expect(publicKeys).toEqual([expect.stringMatching(/^whpk_/), before.publicKeys[0]]);
    expect(publicKeys[0]).not.toBe(publicKeys[1]);
  });

  it('200: is recorded, without any secret (I7)', async () => {
    const { id } = await newEndpoint(test.api);
    await rotate(id, { secret: GIVEN });
    const { body } = await test.api.call('GET', '/api/v1/audit-records?limit=1');
    expect((body as { items: unknown[] }).items[0]).toMatchObject({
      action: 'webhook_endpoint.rotate_secret',
      target: `webhook_endpoint:${id}`,
      changedFields: ['secret', 'previousSecretUntil'],
    });
    const { database } = test.api.services;
    const stored = [
      body,
      await rowsOf(database, 'webhook_endpoints'),
      await rowsOf(database, 'audit_records'),
    ];
    expect(JSON.stringify(stored)).not.toContain(GIVEN.slice(6));
  });

  it.each([
    ['v1', { secret: 'whsec_c2hvcnQgYnV0IGxvbmc=' }, '/body/secret'],
    ['v1', { secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7o' }, '/body/secret'],
    ['v1', { secret: `whsk_${'A'.repeat(43)}=` }, '/body/secret'],
    ['v1a', { secret: GIVEN }, '/body/secret'],
    // The public key that follows is not that of the private one.
    ['v1a', { secret: `whsk_${'A'.repeat(86)}==` }, '/body/secret'],
    ['guardhouse', { secret: 'too-short' }, '/body/secret'],
    ['v1', { overlap: 604_801 }, '/body/overlap'],
    ['v1', { overlap: -1 }, '/body/overlap'],
  ] as const)(
    '400: %s and %j: names the field, and nothing changes (I8)',
    async (signature, body, pointer) => {
      const { id } = await newEndpoint(test.api, ['*'], { signature });
      const before = await snapshotOf(test.api.services.database);
      const { status, body: problem } = await test.call('POST', pathOf(id), { body });
      expect(status).toBe(400);
      expect(problem).toMatchObject({ errors: [{ pointer }] });
      expect(await snapshotOf(test.api.services.database)).toEqual(before);
    },
  );

  it('400: the present secret is no new one', async () => {
    const { id, secret } = await newEndpoint(test.api);
    const { status, body } = await test.call('POST', pathOf(id), { body: { secret } });
    expect([status, (body as { code: string }).code]).toEqual([400, 'request.invalid']);
    expect(JSON.stringify(body)).not.toContain(secret);
  });
});
