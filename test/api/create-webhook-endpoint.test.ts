import { describeOperation } from './support/describe-operation';
import type { EndpointBody } from './support/fixtures';
import { rowsOf } from './support/tables';

const url = 'http://127.0.0.1:9/hook';

describeOperation('createWebhookEndpoint', {}, (test) => {
  const create = (body: unknown) => test.call('POST', '/api/v1/webhook-endpoints', { body });

  it('201: answers the endpoint with its secret, this once', async () => {
    const { status, headers, body } = await create({ url, eventTypes: ['user.blocked'], description: 'Log' });
    const { secret, ...endpoint }: Required<EndpointBody> = body;
    expect(status).toBe(201);
    expect(endpoint).toMatchObject({ url, eventTypes: ['user.blocked'], description: 'Log', enabled: true });
    expect(headers.get('location')).toBe(`/api/v1/webhook-endpoints/${endpoint.id}`);
    const later = await test.api.call('GET', headers.get('location') ?? '');
    expect(later.body).toEqual(endpoint);
    // Standard Webhooks: 24 to 64 bytes.
    const bytes = Buffer.from(secret.replace('whsec_', ''), 'base64').length;
    expect(secret).toMatch(/^whsec_/);
    expect(bytes).toBeGreaterThanOrEqual(24);
    expect(bytes).toBeLessThanOrEqual(64);
  });

  it('201: the secret stands encrypted, each another, and in no audit record (I7)', async () => {
    const answers = [
      await create({ url, eventTypes: ['user.blocked'] }),
      await create({ url, eventTypes: ['user.blocked'] }),
    ];
    const secrets = answers.map(({ body }) => (body as Required<EndpointBody>).secret);
    expect(secrets[0]).not.toBe(secrets[1]);
    const { database } = test.api.services;
    const stored = JSON.stringify([
      await rowsOf(database, 'webhook_endpoints'),
      await rowsOf(database, 'audit_records'),
    ]);
    expect(stored).toContain('webhook_endpoint.create');
    expect(stored).not.toContain('whsec_');
    for (const secret of secrets) expect(stored).not.toContain(secret.replace('whsec_', ''));
  });

  it.each(['http://10.0.0.1/', 'https://169.254.169.254/latest', 'ftp://127.0.0.1/', 'http://1.1.1.1/'])(
    '400: the address %s names the field, and nothing is stored',
    async (address) => {
      const before = await rowsOf(test.api.services.database, 'webhook_endpoints');
      const { status, body } = await create({ url: address, eventTypes: ['user.blocked'] });
      expect(status).toBe(400);
      expect(body).toMatchObject({
        code: 'webhook_endpoint.address_refused',
        errors: [{ pointer: '/body/url' }],
      });
      expect(await rowsOf(test.api.services.database, 'webhook_endpoints')).toEqual(before);
    },
  );
});
