import { randomBytes } from 'node:crypto';
import pino from 'pino';
import { createEncryption } from '../../src/database/encryption';
import { renewSecrets } from '../../src/database/renew-secrets';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import { createOutbox } from '../../src/events/outbox';
import {
  authorizationHeaders,
  authorizationPlace,
  sealAuthorization,
} from '../../src/security-events/authorization-header';
import { createChangeSubject } from '../../src/security-events/change-subject';
import { createDeleteStream } from '../../src/security-events/delete-stream';
import { createSetStreamStatus } from '../../src/security-events/set-stream-status';
import { securityEventChannel } from '../../src/security-events/security-event-channel';
import { SecurityEventStream } from '../../src/security-events/security-event-stream.entity';
import { settleRound } from '../../src/security-events/settle-streams';
import { orphanSweep } from '../../src/security-events/stream-retention';
import { insertUsers } from '../../src/users/insert-users';
import { streamRow } from '../api/support/streams';
import { rowsOf } from '../api/support/tables';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';

const log = pino({ level: 'silent' });
const actor = { subject: 'shop', clientId: 'shop', requestId: null };
const HOUR_MS = 3_600_000;

let store: DeliveryDatabase;
let stream: SecurityEventStream;
beforeEach(async () => {
  store = await openDeliveryDatabase([SecurityEventStream]);
});
afterEach(() => store.close());

async function given(more: Partial<SecurityEventStream> = {}): Promise<void> {
  stream = streamRow({ id: newUuid(), clientId: 'shop', ...more });
  await store.database.dataSource.manager.insert(SecurityEventStream, { ...stream });
}
const pushing = { method: 'push', endpointUrl: 'https://receiver.example.com/' } as const;

/** What the stream is owed: a delivery for each moment, in milliseconds before now. */
async function owed(state: 'pending' | 'held', agesMs: readonly number[], leaseInMs: number | null = null) {
  const now = Date.now();
  for (const ageMs of agesMs) {
    const [id, eventId, at] = [newUuid(), newUuid(), new Date(now - ageMs)];
    const lease = leaseInMs === null ? null : new Date(now + leaseInMs);
    await store.database.transaction((tx) => {
      tx.write(sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
        VALUES (${new Uuid(eventId)}, 101, 1, 'user.blocked', 1, '{}', ${at})`);
      tx.write(sql`INSERT INTO deliveries (id, event_id, event_type, user_id, sequence, channel, target, state, attempts,
        next_attempt_at, lease_until, enqueued_at, created_at) VALUES (${new Uuid(id)}, ${new Uuid(eventId)},
        'user.blocked', 101, 1, 'security_event', ${stream.id}, ${state}, 3, ${at}, ${lease}, ${at}, ${at})`);
      return Promise.resolve();
    });
  }
}

const states = async () => (await rowsOf(store.database, 'deliveries')).map(({ state }) => String(state));
const setStatus = (status: SecurityEventStream['status']) =>
  createSetStreamStatus(store.database)({
    streamId: stream.id,
    clientId: 'shop',
    status,
    reason: null,
    actor,
  });
const settle = () => settleRound(store.database, HOUR_MS);

describe('what a stream is owed follows its status (SSF 1.0, section 8.1.2.1)', () => {
  it('paused: nothing waits to be sent, and nothing is lost (I4)', async () => {
    await given(pushing);
    await owed('pending', [2, 1]);
    await setStatus('paused');
    await settle();
    expect(await states()).toEqual(['held', 'held']);
  });

  it('enabled again: it is due at once, in the order in which it happened, with the whole schedule (I5)', async () => {
    await given({ ...pushing, status: 'paused' });
    await owed('held', [1_000, 3_000, 2_000]);
    await setStatus('enabled');
    await settle();
    const rows = await rowsOf(store.database, 'deliveries');
    const due = rows.map(({ next_attempt_at, created_at }) => [next_attempt_at, created_at]);
    expect(due.filter(([next, created]) => Number(next) !== Number(created))).toEqual([]);
    expect(rows).toMatchObject(
      [1, 2, 3].map(() => ({ state: 'pending', schedule_base: 3, attempts: 3, enqueued_at: null })),
    );
  });

  it('disabled: it is cancelled, held or not', async () => {
    await given(pushing);
    await owed('pending', [2]);
    await owed('held', [1]);
    await setStatus('disabled');
    await settle();
    expect(await states()).toEqual(['cancelled', 'cancelled']);
  });

  it('polled: it is held, whatever the status', async () => {
    await given({ statusChangedAt: new Date() });
    await owed('pending', [1]);
    await settle();
    expect(await states()).toEqual(['held']);
  });

  it('what is just being sent is left alone, until its attempt is over', async () => {
    await given(pushing);
    await owed('pending', [1], 60_000);
    await setStatus('paused');
    await settle();
    expect(await states()).toEqual(['pending']);
  });

  it('500 a round, so that a backlog does not stand before what happens meanwhile', async () => {
    await given({ ...pushing, status: 'paused' });
    await owed(
      'held',
      Array.from({ length: 510 }, (_, index) => index + 1),
    );
    await setStatus('enabled');
    await settle();
    expect((await states()).filter((state) => state === 'held')).toHaveLength(10);
    await settle();
    expect(await states()).not.toContain('held');
  });

  it('an event that had read the stream before the change is found later; after an hour by a new worker alone', async () => {
    await given(pushing);
    await setStatus('paused');
    await settle();
    await owed('pending', [1]);
    await settle();
    expect(await states()).toEqual(['held']);
    await owed('pending', [1]);
    store.clock.shiftMs = 2 * HOUR_MS;
    await settle();
    expect((await states()).sort()).toEqual(['held', 'pending']);
    await settleRound(store.database, null);
    expect(await states()).toEqual(['held', 'held']);
  });

  it('two workers at once and a change between do no harm', async () => {
    await given(pushing);
    await owed('pending', [3, 2, 1]);
    await setStatus('paused');
    await Promise.all([settle(), settle(), setStatus('enabled'), settle()]);
    await settle();
    expect(await states()).toEqual(['pending', 'pending', 'pending']);
  });
});

describe('what a deleted stream was owed', () => {
  const remove = () =>
    createDeleteStream(store.database, log)({ streamId: stream.id, clientId: 'shop', actor });

  it('is cancelled with it, and its exclusions are gone', async () => {
    await given();
    await owed('held', [2, 1]);
    await store.database.query(
      sql`INSERT INTO security_event_exclusions (stream_id, user_id, excluded_at) VALUES (${new Uuid(stream.id)}, 101, ${new Date()})`,
    );
    await remove();
    expect(await states()).toEqual(['cancelled', 'cancelled']);
    expect(await rowsOf(store.database, 'security_event_exclusions')).toEqual([]);
  });

  it('and what an event wrote at the same moment is cancelled by the sweep; what others are owed stays', async () => {
    await given();
    await remove();
    await owed('held', [1]);
    await given({ clientId: 'mail' });
    await owed('held', [1]);
    expect(await orphanSweep.batch(store.database)).toEqual({ removed: 1, more: false });
    expect((await states()).sort()).toEqual(['cancelled', 'held']);
    expect(await orphanSweep.batch(store.database)).toEqual({ removed: 0, more: false });
  });
});

it('an authorization header is encrypted anew, so that an older key can be taken away', async () => {
  const [older, newer] = ['old', 'new'].map((id) => ({ id, key: randomBytes(32) }));
  if (!older || !newer) throw new Error('no keys');
  const id = newUuid();
  await given({
    ...pushing,
    id,
    authorizationHeader: sealAuthorization(createEncryption([older]), id, 'Bearer a'),
  });
  await renewSecrets(store.database, createEncryption([newer, older]), authorizationHeaders, log);
  const [row] = await rowsOf(store.database, 'security_event_streams');
  const sealed = String(row?.authorization_header);
  expect(createEncryption([newer]).decrypt(sealed, authorizationPlace(id))).toBe('Bearer a');
});

describe('whom a stream is told of', () => {
  const outbox = createOutbox({
    channels: [securityEventChannel],
    queues: undefined as never,
    onQueueAway: () => Promise.resolve(),
  });
  const user = { id: 101, uid: 'ada', email: null };
  const draft = { id: newUuid(), type: 'user.blocked', user, askedFor: new Set<never>() } as const;
  const isTold = async () => {
    const [read] = outbox.candidateReads(new Set(), [101]);
    if (!read) throw new Error('no candidates are read');
    const { rows } = await store.database.query(read.statement);
    return outbox.isTold(draft, new Map([['security_event', rows]]));
  };

  it('everybody, but who was excluded and what was not asked for', async () => {
    await given();
    expect(await isTold()).toBe(true);
    const exclusion = sql`(${new Uuid(stream.id)}, 101, ${new Date()})`;
    await store.database.query(
      sql`INSERT INTO security_event_exclusions (stream_id, user_id, excluded_at) VALUES ${exclusion}`,
    );
    expect(await isTold()).toBe(false);
    await store.database.query(sql`DELETE FROM security_event_exclusions`);
    await store.database.query(sql`UPDATE security_event_streams SET events_requested = '["urn:other"]'`);
    expect(await isTold()).toBe(false);
  });

  it('who was removed is excluded, however she was named, and back when she is added', async () => {
    await given();
    const issuer = 'https://id.example';
    const people = [
      { id: 101, uid: 'ada', email: 'ada@example.com' },
      { id: 102, uid: 'eve', email: 'twins@example.com' },
      { id: 103, uid: 'mia', email: 'twins@example.com' },
    ];
    await store.database.transaction((tx) => insertUsers(tx, people, actor));
    const subjects = [
      { format: 'iss_sub', iss: issuer, sub: 'ada' },
      { format: 'email', email: 'ADA@example.com' },
      { format: 'complex', user: { format: 'iss_sub', iss: issuer, sub: 'ada' } },
    ] as const;
    const change = createChangeSubject(store.database, issuer);
    const named = { streamId: stream.id, clientId: 'shop', actor };
    for (const subject of subjects) {
      await change({ ...named, subject, change: 'remove' });
      await change({ ...named, subject, change: 'remove' });
      expect(await isTold()).toBe(false);
      await change({ ...named, subject, change: 'add' });
      expect(await isTold()).toBe(true);
    }
    // An address of two people is nobody's.
    await change({ ...named, subject: { format: 'email', email: 'twins@example.com' }, change: 'remove' });
    expect(await rowsOf(store.database, 'security_event_exclusions')).toEqual([]);
  });
});
