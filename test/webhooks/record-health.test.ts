import type { Database } from '../../src/database/database';
import { toText } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import type { Transaction } from '../../src/database/transaction';
import { newUuid, Uuid } from '../../src/database/uuid';
import { findRecipient } from '../../src/email/find-recipient';
import type { AttemptOutcome, MadeAttempt, PlannedDelivery } from '../../src/events/channel';
import { createOutbox } from '../../src/events/outbox';
import { channels } from '../../src/registrations';
import { createEnableWebhookEndpoint } from '../../src/webhooks/enable-webhook-endpoint';
import { createRecordHealth } from '../../src/webhooks/record-health';
import type { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import {
  auditTrail,
  eventsOf,
  failedWith,
  seedEndpoint,
  storedEndpoint,
  succeeded,
} from './endpoint-fixtures';

const DAY_MS = 86_400_000;
const failed = failedWith(500);
const gone: AttemptOutcome = { ...failedWith(410), kind: 'refused' };

let store: DeliveryDatabase;
let database: Database;
beforeAll(async () => {
  store = await openDeliveryDatabase();
  ({ database } = store);
});
afterAll(() => store.close());
afterEach(async () => {
  store.clock.shiftMs = 0;
  for (const table of [sql`webhook_endpoints`, sql`events`, sql`deliveries`, sql`audit_records`]) {
    await database.query(sql`DELETE FROM ${table}`);
  }
});

const outbox = createOutbox({
  channels,
  queues: { add: () => Promise.resolve(), ping: () => Promise.resolve(), close: () => Promise.resolve() },
  onQueueAway: () => Promise.resolve(),
});

const now = () => new Date(Date.now() + store.clock.shiftMs);
const made = (
  receiver: WebhookEndpoint | undefined,
  outcome: AttemptOutcome,
): MadeAttempt<WebhookEndpoint> => ({
  delivery: {
    id: newUuid(),
    target: receiver?.id ?? newUuid(),
    attempt: 1,
    event: { id: newUuid(), type: 'user.blocked', userId: 101, payload: '{}', occurredAt: now() },
    recipient: null,
  },
  receiver,
  outcome,
  next: { state: 'dead' },
  startedAt: now(),
});

/** Records the attempts as a worker does, whose claim has found the endpoint as it is given. */
const record = (...attempts: MadeAttempt<WebhookEndpoint>[]): Promise<readonly PlannedDelivery[]> =>
  database.transaction((tx) => createRecordHealth({ outbox, disableAfterDays: 5 })(tx, attempts));

/** An attempt whose claim finds the endpoint as it is now. */
const attempt = async (id: string, outcome: AttemptOutcome) =>
  record(made(await storedEndpoint(database, id), outcome));

describe('an endpoint', () => {
  it('that answers as it did before costs no statement', async () => {
    const endpoint = await seedEndpoint(database);
    const sent = jest.fn();
    const tx = { read: sent, write: sent, execute: sent, entities: sent };
    const recordHealth = createRecordHealth({ outbox, disableAfterDays: 5 });
    await recordHealth(tx as unknown as Transaction, [made(endpoint, succeeded), made(undefined, succeeded)]);
    expect(sent).not.toHaveBeenCalled();
  });

  it('fails since the first failure after the last success, until the next success', async () => {
    const { id } = await seedEndpoint(database);
    const before = Date.now();
    await attempt(id, failed);
    const { failingSince } = await storedEndpoint(database, id);
    expect(failingSince?.getTime()).toBeGreaterThanOrEqual(before - 1_000);

    store.clock.shiftMs = DAY_MS;
    await attempt(id, failedWith(404));
    expect((await storedEndpoint(database, id)).failingSince).toEqual(failingSince);
    await attempt(id, succeeded);
    expect((await storedEndpoint(database, id)).failingSince).toBeNull();
    await attempt(id, failed);
    const again = (await storedEndpoint(database, id)).failingSince?.getTime() ?? 0;
    expect(again).toBeGreaterThanOrEqual(before + DAY_MS - 1_000);
  });

  it('does not fail where the fault is ours', async () => {
    const { id } = await seedEndpoint(database);
    await attempt(id, { ...failed, statusCode: null, errorKind: 'internal' });
    expect(await storedEndpoint(database, id)).toMatchObject({ failingSince: null, slowedUntil: null });
  });

  it('is slowed down for as long as it asks, and an earlier answer does not shorten that', async () => {
    const { id } = await seedEndpoint(database);
    const endpoint = await storedEndpoint(database, id);
    await record(made(endpoint, { ...failedWith(429), retryAfterSeconds: 600 }));
    await record(made(endpoint, { ...failedWith(502), retryAfterSeconds: 5 }));
    const { slowedUntil } = await storedEndpoint(database, id);
    const inMs = (slowedUntil?.getTime() ?? 0) - Date.now();
    expect(inMs).toBeGreaterThan(590_000);
    expect(inMs).toBeLessThanOrEqual(601_000);

    // Begun before it asked, ended after: the pause stands, though it answers again.
    await record(made(await storedEndpoint(database, id), succeeded));
    expect(await storedEndpoint(database, id)).toMatchObject({ failingSince: null, slowedUntil });
    // Made after the pause: it is over.
    store.clock.shiftMs = 700_000;
    await attempt(id, succeeded);
    expect((await storedEndpoint(database, id)).slowedUntil).toBeNull();
  });

  it('is slowed down longer the longer it fails, by itself', async () => {
    const { id } = await seedEndpoint(database, { failingSince: new Date(Date.now() - 20_000) });
    await attempt(id, failedWith(504));
    const inMs = ((await storedEndpoint(database, id)).slowedUntil?.getTime() ?? 0) - Date.now();
    expect(inMs).toBeGreaterThan(18_000);
    expect(inMs).toBeLessThan(25_000);
  });

  it('that somebody changed since is not judged by what it was', async () => {
    const endpoint = await seedEndpoint(database);
    await database.query(sql`UPDATE webhook_endpoints SET version = 2 WHERE id = ${new Uuid(endpoint.id)}`);
    await record(made(endpoint, failedWith(429)), made(endpoint, gone));
    expect(await storedEndpoint(database, endpoint.id)).toEqual({ ...endpoint, version: 2 });
  });
});

describe('disabling by itself', () => {
  const failingFor = (days: number) => ({ failingSince: new Date(Date.now() - days * DAY_MS) });

  it('410 disables at once, and tells the others and the contact, not itself (I3, I4)', async () => {
    const everything = '["user.blocked","endpoint.disabled"]';
    const { id } = await seedEndpoint(database, {
      eventTypes: everything,
      contact: 'ops@example.com',
      description: 'Access log',
    });
    const other = await seedEndpoint(database, { eventTypes: everything });
    const asleep = await seedEndpoint(database, { eventTypes: everything, enabled: false });
    await seedEndpoint(database, { eventTypes: '["user.blocked"]' });
    const deliveries = await attempt(id, gone);

    expect(await storedEndpoint(database, id)).toMatchObject({
      enabled: false,
      disabledCause: 'gone',
      version: 2,
    });
    expect((await storedEndpoint(database, id)).disabledAt).not.toBeNull();
    expect(await eventsOf(database, 'endpoint.disabled')).toMatchObject([
      {
        userId: null,
        envelope: {
          type: 'endpoint.disabled',
          data: { endpointId: id, description: 'Access log', cause: 'gone', failingSince: null },
        },
      },
    ]);
    const told = deliveries.map(({ channel, target, state }) => [channel, target, state]);
    expect(told.sort()).toEqual(
      [
        ['webhook', other.id, 'pending'],
        ['webhook', asleep.id, 'skipped'],
        ['email', `webhook_endpoint:${id}`, 'pending'],
      ].sort(),
    );
    expect(await auditTrail(database)).toEqual([
      ['webhook_endpoint.disable', 'system:endpoint-health', `webhook_endpoint:${id}`],
    ]);
  });

  it('the contact’s address stands encrypted with the e-mail, and is read back to send it (I7)', async () => {
    const { id } = await seedEndpoint(database, { contact: 'ops@example.com' });
    const [mail] = await attempt(id, gone);
    const { rows } = await database.query(
      sql`SELECT * FROM deliveries WHERE id = ${new Uuid(mail?.id ?? '')}`,
    );
    expect(JSON.stringify(rows)).not.toContain('ops@');
    const claimed = {
      id: mail?.id ?? '',
      target: mail?.target ?? '',
      attempt: 1,
      event: {
        id: mail?.eventId ?? '',
        type: 'endpoint.disabled' as const,
        userId: null,
        payload: '{}',
        occurredAt: now(),
      },
      recipient: toText(rows[0]?.recipient),
    };
    expect(findRecipient(claimed, undefined, store.encryption)).toMatchObject({
      email: 'ops@example.com',
    });
  });

  it('five days of failures without one success disable it, not a moment less', async () => {
    const { id } = await seedEndpoint(database);
    await attempt(id, failed);
    const { failingSince } = await storedEndpoint(database, id);
    store.clock.shiftMs = 5 * DAY_MS - 60_000;
    await attempt(id, failed);
    expect(await storedEndpoint(database, id)).toMatchObject({ enabled: true, failingSince });
    store.clock.shiftMs = 5 * DAY_MS + 1_000;
    await attempt(id, failed);
    expect(await storedEndpoint(database, id)).toMatchObject({ enabled: false, disabledCause: 'failing' });
    expect(await eventsOf(database, 'endpoint.disabled')).toMatchObject([
      { envelope: { data: { cause: 'failing', failingSince: failingSince?.toISOString() } } },
    ]);
  });

  it('one success begins the five days anew', async () => {
    const { id } = await seedEndpoint(database, failingFor(6));
    await attempt(id, succeeded);
    await attempt(id, failed);
    expect((await storedEndpoint(database, id)).enabled).toBe(true);
  });

  it('never where the operator wants it so, but for one that is gone', async () => {
    const [failing, leaving] = [
      await seedEndpoint(database, failingFor(400)),
      await seedEndpoint(database, failingFor(400)),
    ];
    await database.transaction((tx) =>
      createRecordHealth({ outbox, disableAfterDays: 0 })(tx, [made(failing, failed), made(leaving, gone)]),
    );
    expect((await storedEndpoint(database, failing.id)).enabled).toBe(true);
    expect((await storedEndpoint(database, leaving.id)).disabledCause).toBe('gone');
  });

  it('several at once: each tells the others, and none of them is sent to', async () => {
    const wanting = { eventTypes: '["endpoint.disabled"]', ...failingFor(6) };
    const broken = [await seedEndpoint(database, wanting), await seedEndpoint(database, wanting)];
    const deliveries = await record(...broken.map((endpoint) => made(endpoint, failed)));
    expect(deliveries.map(({ target, state }) => [target, state]).sort()).toEqual(
      broken.map(({ id }) => [id, 'skipped']).sort(),
    );
  });

  it('of two workers at once one disables it: one event, one record', async () => {
    for (let round = 0; round < 10; round++) {
      const endpoint = await seedEndpoint(database, failingFor(6));
      await Promise.all([failed, gone, failed].map((outcome) => record(made(endpoint, outcome))));
      expect((await storedEndpoint(database, endpoint.id)).enabled).toBe(false);
      expect(await eventsOf(database, 'endpoint.disabled')).toHaveLength(round + 1);
      expect(await auditTrail(database)).toHaveLength(round + 1);
    }
  });

  it.each([
    ['saves it where it is recorded first', [succeeded, failed], true],
    ['comes too late where it is recorded second', [failed, succeeded], false],
  ])('a success whose claim saw nothing of the failure %s', async (_what, outcomes, enabled) => {
    const endpoint = await seedEndpoint(database, failingFor(6));
    for (const outcome of outcomes) await record(made(endpoint, outcome));
    expect((await storedEndpoint(database, endpoint.id)).enabled).toBe(enabled);
  });

  it('a success at the same moment saves it, or comes too late; nothing in between', async () => {
    let disabled = 0;
    for (let round = 0; round < 20; round++) {
      const endpoint = await seedEndpoint(database, failingFor(6));
      const both = [record(made(endpoint, failed)), record(made(endpoint, succeeded))];
      await Promise.all(round % 2 === 0 ? both : both.reverse());
      const { enabled, failingSince } = await storedEndpoint(database, endpoint.id);
      if (!enabled) disabled++;
      expect(failingSince).toEqual(enabled ? null : endpoint.failingSince);
      expect(await eventsOf(database, 'endpoint.disabled')).toHaveLength(disabled);
    }
  });

  it('a worker that dies before the commit leaves nothing, and the next failure disables it (I3)', async () => {
    const endpoint = await seedEndpoint(database, { contact: 'ops@example.com', ...failingFor(6) });
    const dying = database.transaction(async (tx) => {
      await createRecordHealth({ outbox, disableAfterDays: 5 })(tx, [made(endpoint, failed)]);
      throw new Error('the worker dies');
    });
    await expect(dying).rejects.toThrow('the worker dies');
    expect(await storedEndpoint(database, endpoint.id)).toEqual(endpoint);
    expect(await eventsOf(database, 'endpoint.disabled')).toEqual([]);
    await attempt(endpoint.id, failed);
    expect(await eventsOf(database, 'endpoint.disabled')).toHaveLength(1);
  });

  it('one that was enabled again has its five days anew, whatever was under way', async () => {
    const endpoint = await seedEndpoint(database, failingFor(6));
    await record(made(endpoint, failed));
    const actor = { subject: 'admin', clientId: 'admin', requestId: 'r1' };
    await createEnableWebhookEndpoint(database)(endpoint.id, actor);
    await record(made(endpoint, gone), made(endpoint, failed));
    expect(await storedEndpoint(database, endpoint.id)).toMatchObject({ enabled: true, failingSince: null });
    await attempt(endpoint.id, failed);
    expect((await storedEndpoint(database, endpoint.id)).enabled).toBe(true);
  });
});
