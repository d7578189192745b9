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

  it('201: everything that may be said of an endpoint, and what is not said', async () => {
    const settings = {
      url,
      eventTypes: ['user.*', 'endpoint.disabled'],
      description: 'Log',
      contact: 'ops@example.com',
      rate: 50,
      timeout: 10,
      payload: 'thin',
      signature: 'guardhouse',
      enabled: false,
    };
    const headers = [{ name: 'X-Api-Key', value: 's3cr3t' }];
    const { body } = await create({
      ...settings,
      headers,
      secret: 'any text that is long enough'.replaceAll(' ', '-'),
    });
    expect(body).toMatchObject({
      ...settings,
      headers: [{ name: 'X-Api-Key' }],
      secret: 'any-text-that-is-long-enough',
      publicKeys: [],
      disabledCause: 'request',
    });
    expect((await create({ url, eventTypes: ['*'] })).body).toMatchObject({
      description: null,
      headers: [],
      contact: null,
      rate: null,
      timeout: null,
      payload: 'full',
      signature: 'v1',
      enabled: true,
      disabledAt: null,
      previousSecretUntil: null,
      updatedAt: null,
    });
  });

  it('201: v1a shows the public key, and its secret this once', async () => {
    const { body } = await create({ url, eventTypes: ['*'], signature: 'v1a' });
    const { secret, publicKeys, ...endpoint }: EndpointBody = body;
    // Standard Webhooks, "Secret serialization": 64 bytes, whose second half is the public key.
    const bytes = Buffer.from(secret?.replace('whsk_', '') ?? '', 'base64');
    expect(bytes).toHaveLength(64);
    expect(publicKeys).toEqual([`whpk_${bytes.subarray(32).toString('base64')}`]);
    const later = await test.api.call('GET', `/api/v1/webhook-endpoints/${endpoint.id}`);
    expect(later.body).toEqual({ ...endpoint, publicKeys });
  });

  it('201: the 32 bytes of a private key are enough', async () => {
    const secret = `whsk_${Buffer.alloc(32, 7).toString('base64')}`;
    const { status, body } = await create({ url, eventTypes: ['*'], signature: 'v1a', secret });
    expect([status, (body as EndpointBody).secret]).toEqual([201, secret]);
  });

  it('201: values of headers are shown, stored and recorded nowhere in the clear (I7)', async () => {
    const headers = [{ name: 'Authorization', value: 'Bearer s3cr3t' }];
    const { body } = await create({ url, eventTypes: ['*'], headers });
    const { database } = test.api.services;
    const trail = await test.api.call('GET', '/api/v1/audit-records?limit=1');
    const stored = [body, trail.body, await rowsOf(database, 'webhook_endpoints')];
    expect(JSON.stringify(stored)).toContain('Authorization');
    expect(JSON.stringify(stored)).not.toContain('s3cr3t');
  });

  it.each([
    'Host',
    'CONTENT-LENGTH',
    'Content-Type',
    'Transfer-Encoding',
    'connection',
    'Keep-Alive',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'User-Agent',
    'Proxy-Authorization',
    'webhook-id',
    'Webhook-Anything',
    'X-Hub-Signature',
  ])('400: the header %s is not the caller’s to set', async (name) => {
    const { status, body } = await create({ url, eventTypes: ['*'], headers: [{ name, value: 'x' }] });
    expect(status).toBe(400);
    expect(body).toMatchObject({ code: 'request.invalid', errors: [{ pointer: '/body/headers/0/name' }] });
  });

  const header = { name: 'X-Key', value: 'x' };
  it.each([
    [{ eventTypes: ['user.blocked', 'user.promoted'] }, '/body/eventTypes/1'],
    [{ eventTypes: ['group.*'] }, '/body/eventTypes/0'],
    [{ eventTypes: ['user*'] }, '/body/eventTypes/0'],
    [{ eventTypes: ['endpoint.ping'] }, '/body/eventTypes/0'],
    [{ eventTypes: ['*', '*'] }, '/body/eventTypes'],
    [{ eventTypes: [] }, '/body/eventTypes'],
    [{ headers: [header, { ...header, name: 'x-KEY' }] }, '/body/headers/1/name'],
    [{ headers: [{ ...header, name: 'X Key' }] }, '/body/headers/0/name'],
    [{ headers: [{ ...header, name: 'X-Key:' }] }, '/body/headers/0/name'],
    [{ headers: [{ ...header, value: 'a\r\nHost: b' }] }, '/body/headers/0/value'],
    [{ headers: [{ ...header, value: 'Übergriff' }] }, '/body/headers/0/value'],
    [{ headers: [{ ...header, value: ' x' }] }, '/body/headers/0/value'],
    [{ headers: Array.from({ length: 21 }, (_, at) => ({ ...header, name: `X-${at}` })) }, '/body/headers'],
    [{ contact: 'nobody' }, '/body/contact'],
    [{ rate: 0 }, '/body/rate'],
    [{ rate: 1001 }, '/body/rate'],
    [{ timeout: 16 }, '/body/timeout'],
    [{ timeout: 0.5 }, '/body/timeout'],
    [{ payload: 'half' }, '/body/payload'],
    [{ signature: 'v2' }, '/body/signature'],
    [{ secret: 'whsec_c2hvcnQgYnV0IGxvbmc=' }, '/body/secret'],
    [{ secret: `whsec_${Buffer.alloc(65).toString('base64')}` }, '/body/secret'],
    [{ signature: 'v1a', secret: `whsec_${Buffer.alloc(32).toString('base64')}` }, '/body/secret'],
  ])('400: %j names the field, and nothing is stored (I8)', async (wrong, pointer) => {
    const before = await rowsOf(test.api.services.database, 'webhook_endpoints');
    const { status, body } = await create({ url, eventTypes: ['*'], ...wrong });
    expect(status).toBe(400);
    expect((body as { errors: { pointer: string }[] }).errors.map(({ pointer: at }) => at)).toContain(
      pointer,
    );
    expect(await rowsOf(test.api.services.database, 'webhook_endpoints')).toEqual(before);
  });
});
