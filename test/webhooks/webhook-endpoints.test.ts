import { randomBytes } from 'node:crypto';
import pino from 'pino';
import type { Actor } from '../../src/audit/audit';
import { createEncryption } from '../../src/database/encryption';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { DomainError } from '../../src/errors';
import type { EventDraft } from '../../src/events/channel';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { createCreateWebhookEndpoint } from '../../src/webhooks/create-webhook-endpoint';
import { createDeleteWebhookEndpoint } from '../../src/webhooks/delete-webhook-endpoint';
import { secretPlace } from '../../src/webhooks/endpoint-secret';
import { findWebhookEndpoint, pageWebhookEndpoints } from '../../src/webhooks/find-webhook-endpoints';
import { webhookChannel } from '../../src/webhooks/webhook-channel';
import {
  type DeliveryDatabase,
  openDeliveryDatabase,
  seedDelivery,
  storedDelivery,
} from '../events/delivery-fixtures';
import { knownNames } from './known-names';

const actor: Actor = { subject: 'admin', clientId: 'admin', requestId: 'r1' };
const encryption = createEncryption([{ id: 'k1', key: randomBytes(32) }]);
const policy = createAddressPolicy(['127.0.0.1/32'], knownNames({}));

let store: DeliveryDatabase;
beforeEach(async () => {
  store = await openDeliveryDatabase();
});
afterEach(() => store.close());

const create = (url: string, eventTypes: ('user.blocked' | 'user.unblocked')[] = ['user.blocked']) =>
  createCreateWebhookEndpoint(store.database, encryption, policy)({ url, eventTypes }, actor);
const remove = (id: string) =>
  createDeleteWebhookEndpoint(store.database, pino({ level: 'silent' }))(id, actor);
const auditActions = async () => {
  const { rows } = await store.database.query(sql`SELECT action FROM audit_records ORDER BY occurred_at, id`);
  return rows.map(({ action }) => action);
};

describe('registering an endpoint', () => {
  it('answers the secret once, keeps it encrypted and audits it (I3, I7)', async () => {
    const { endpoint, secret } = await create('http://127.0.0.1:9/hook');
    expect(secret).toMatch(/^whsec_[A-Za-z0-9+/]+=*$/);
    expect(Buffer.from(secret.slice(6), 'base64').length).toBeGreaterThanOrEqual(24);
    const stored = await findWebhookEndpoint(store.database, endpoint.id);
    expect(stored).toMatchObject({ url: 'http://127.0.0.1:9/hook', enabled: true, description: null });
    expect(stored?.secret).not.toContain(secret.slice(6));
    expect(encryption.decrypt(stored?.secret ?? '', secretPlace(endpoint.id))).toBe(secret);
    expect(() => encryption.decrypt(stored?.secret ?? '', secretPlace(newUuid()))).toThrow();
    expect(await auditActions()).toEqual(['webhook_endpoint.create']);
  });

  it.each([
    'https://10.0.0.1/',
    'https://[::1]/',
    'https://[::127.0.0.1]/',
    'https://169.254.169.254/latest',
    'http://1.1.1.1/',
    'http://does-not-exist.invalid/',
    'https://user:password@example.com/',
    'https://user@example.com/',
    'ftp://1.1.1.1/',
    'javascript:alert(1)',
    'not a url',
  ])('I8: refuses %s and names the field', async (url) => {
    const error = await create(url).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(DomainError);
    expect(error).toMatchObject({
      code: 'webhook_endpoint.address_refused',
      options: { fields: [{ pointer: '/body/url' }] },
    });
    expect(await pageWebhookEndpoints(store.database, {}, 10, null)).toEqual([]);
    expect(await auditActions()).toEqual([]);
  });

  it('pages newest first', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 5; n++) ids.unshift((await create(`http://127.0.0.1:9/${n}`)).endpoint.id);
    const first = await pageWebhookEndpoints(store.database, {}, 3, null);
    const last = first.at(-1);
    if (!last) throw new Error('there is no page');
    const second = await pageWebhookEndpoints(store.database, {}, 3, {
      createdAt: last.createdAt,
      key: last.id,
    });
    expect([...first, ...second].map(({ id }) => id)).toEqual(ids);
  });
});

describe('choosing the receivers', () => {
  it('takes the endpoints that want the type of the event; a disabled one skips it', async () => {
    const blocked = (await create('http://127.0.0.1:9/a', ['user.blocked'])).endpoint.id;
    const both = (await create('http://127.0.0.1:9/b', ['user.blocked', 'user.unblocked'])).endpoint.id;
    await create('http://127.0.0.1:9/c', ['user.unblocked']);
    const disabled = (await create('http://127.0.0.1:9/d')).endpoint.id;
    await store.database.query(
      sql`UPDATE webhook_endpoints SET enabled = FALSE WHERE id = ${new Uuid(disabled)}`,
    );
    const draft: EventDraft = {
      id: newUuid(),
      type: 'user.blocked',
      user: { id: 1, uid: 'u', email: null },
      askedFor: new Set(['webhook']),
    };
    const { rows } = await store.database.query(webhookChannel.candidates([]) ?? sql`SELECT 1`);
    const targets = webhookChannel.targets(draft, rows);
    expect(new Map(targets.map(({ target, state }) => [target, state]))).toEqual(
      new Map([
        [blocked, 'pending'],
        [both, 'pending'],
        [disabled, 'skipped'],
      ]),
    );
  });
});

describe('deleting an endpoint', () => {
  it('cancels what is on its way to it, and nothing else (I4)', async () => {
    const { endpoint } = await create('http://127.0.0.1:9/a');
    const other = await create('http://127.0.0.1:9/b');
    const mine = await seedDelivery(store.database, { target: endpoint.id });
    const theirs = await seedDelivery(store.database, { target: other.endpoint.id });
    await remove(endpoint.id);
    expect(await storedDelivery(store.database, mine.deliveryId)).toMatchObject({ state: 'cancelled' });
    expect((await storedDelivery(store.database, mine.deliveryId)).finishedAt).not.toBeNull();
    expect(await storedDelivery(store.database, theirs.deliveryId)).toMatchObject({ state: 'pending' });
    expect(await findWebhookEndpoint(store.database, endpoint.id)).toBeNull();
    expect(await auditActions()).toEqual([
      'webhook_endpoint.create',
      'webhook_endpoint.create',
      'webhook_endpoint.delete',
    ]);
  });

  it('an unknown endpoint is not found, and leaves no trace', async () => {
    await expect(remove(newUuid())).rejects.toMatchObject({ code: 'webhook_endpoint.not_found' });
    expect(await auditActions()).toEqual([]);
  });

  it('twice at once: one deletes, the other finds nothing', async () => {
    const { endpoint } = await create('http://127.0.0.1:9/a');
    const results = await Promise.allSettled([remove(endpoint.id), remove(endpoint.id)]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
  });
});
