import { createLocalJWKSet } from 'jose';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import type { ClaimedDelivery } from '../../src/events/channel';
import { recipientPlace } from '../../src/events/delivery-recipient';
import { logoutChannel } from '../../src/logout/logout-channel';
import { logoutClaims } from '../../src/logout/logout-token';
import { createLogoutSender } from '../../src/logout/send-logout';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { createGuardedAgents, type GuardedAgents } from '../../src/outbound/guarded-agent';
import { createSigningKeys, type SigningKeys } from '../../src/signing-keys/signing-keys';
import type { Wakeups } from '../../src/wakeups/wakeups';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import { openTestWakeups } from '../support/test-wakeups';
import { knownNames } from '../webhooks/known-names';
import { type RelyingParty, startRelyingParty } from './relying-party';

const ISSUER = 'https://login.portcullis.test';
/** So long that no busy machine comes to its end; the test of the end has a shorter one. */
const PATIENT_MS = 10_000;
const TIMEOUT_MS = 700;

let store: DeliveryDatabase;
let signingKeys: SigningKeys;
let wakeups: Wakeups;
let agents: GuardedAgents;
const open: { close(): Promise<unknown> }[] = [];

beforeAll(async () => {
  store = await openDeliveryDatabase();
  wakeups = openTestWakeups(store.url);
  signingKeys = createSigningKeys(store.database, store.encryption, wakeups);
});
beforeEach(() => {
  agents = createGuardedAgents(createAddressPolicy(['127.0.0.1/32']));
});
afterEach(async () => {
  await agents.close();
  await Promise.all(open.splice(0).map((each) => each.close()));
});
afterAll(async () => {
  await wakeups.close();
  await store.close();
});

const senderOf = (timeoutMs = PATIENT_MS) =>
  createLogoutSender({
    signingKeys,
    encryption: store.encryption,
    agents,
    issuer: ISSUER,
    timeoutMs,
  });

async function partyOf(
  clientId: string,
  answer?: Parameters<typeof startRelyingParty>[0]['answer'],
): Promise<RelyingParty> {
  const keys = createLocalJWKSet(await signingKeys.jwks());
  const party = await startRelyingParty({ clientId, issuer: ISSUER, keys, answer });
  open.push(party);
  return party;
}

/** A client of that id at that address, in the place of the one before; answers its uuid. */
async function clientAt(clientId: string, logoutUri: string, enabled = true): Promise<string> {
  const id = newUuid();
  await store.database.query(sql`DELETE FROM logout_clients WHERE client_id = ${clientId}`);
  await store.database
    .query(sql`INSERT INTO logout_clients (id, client_id, logout_uri, session_required, enabled,
    version, created_at) VALUES (${new Uuid(id)}, ${clientId}, ${logoutUri}, FALSE, ${enabled}, 1, ${new Date()})`);
  return id;
}

interface Ended {
  session?: { sid: string; clientId: string };
  /** The sessions that were kept with the delivery. */
  sids?: string[];
  /** The event of the same change. */
  causedBy?: string;
}

function claimed(target: string, { session, sids, causedBy }: Ended = {}): ClaimedDelivery {
  const id = newUuid();
  const type = session ? 'session.revoked' : 'sessions.revoked';
  const payload = JSON.stringify({
    type,
    data: { uid: 'ada', session: session ?? null, causedBy: causedBy ?? null },
  });
  return {
    id,
    target,
    attempt: 1,
    event: { id: newUuid(), type, userId: 101, payload, occurredAt: new Date() },
    recipient: sids ? store.encryption.encrypt(JSON.stringify(sids), recipientPlace(id)) : null,
  };
}

/** As the worker does: what is read of the client is what is sent by. */
async function send(delivery: ClaimedDelivery, timeoutMs?: number) {
  const sender = senderOf(timeoutMs);
  const statement = sender.selectReceivers([delivery.target]);
  const { rows } = statement ? await store.database.query(statement) : { rows: [] };
  const receiver = sender.readReceivers(rows).get(delivery.target);
  const outcome = await sender.send(delivery, receiver);
  return { outcome, receiver };
}

async function failingSince(id: string): Promise<unknown> {
  const { rows } = await store.database.query(
    sql`SELECT failing_since FROM logout_clients WHERE id = ${new Uuid(id)}`,
  );
  return rows[0]?.failing_since;
}

describe('the logout token', () => {
  it('has the claims of the specification’s own example (section 2.4), and lives for two minutes', () => {
    const example = {
      iss: 'https://server.example.com',
      sub: '248289761001',
      aud: 's6BhdRkqt3',
      iat: 1471566154,
      jti: 'bWJq',
      sid: '08a5019c-17e1-4977-8f42-65a12843ea02',
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
    };
    const claims = logoutClaims({
      issuer: example.iss,
      clientId: example.aud,
      sub: example.sub,
      sid: example.sid,
      txn: 'the event',
      jti: example.jti,
      now: new Date(example.iat * 1000 + 999),
    });
    expect(claims).toEqual({ ...example, exp: example.iat + 120, txn: 'the event' });
  });

  it('of one session names it; of all of them the user alone', async () => {
    const { url, received, refused } = await partyOf('shop');
    const target = await clientAt('shop', url);
    const one = claimed(target, { session: { sid: 's-1', clientId: 'shop' } });
    const all = claimed(target, { causedBy: 'the block' });
    for (const delivery of [one, all]) {
      expect((await send(delivery)).outcome).toMatchObject({ kind: 'succeeded', statusCode: 200 });
    }
    expect(refused).toEqual([]);
    expect(received).toEqual([
      { sub: 'ada', sid: 's-1', jti: expect.any(String) as string, txn: one.event.id },
      { sub: 'ada', jti: expect.any(String) as string, txn: 'the block' },
    ]);
  });

  it('goes out once for each session that was kept, and what one of them fails at fails', async () => {
    const answers = new Map([['s-2', 500]]);
    const { url, received } = await partyOf('shop', (response, { sid = '' }) =>
      response.writeHead(answers.get(sid) ?? 200).end(),
    );
    const delivery = claimed(await clientAt('shop', url), { sids: ['s-1', 's-2', 's-3'] });
    expect((await send(delivery)).outcome).toMatchObject({ kind: 'failed', statusCode: 500 });
    expect(received.map(({ sid }) => sid).sort()).toEqual(['s-1', 's-2', 's-3']);
    answers.clear();
    expect((await send({ ...delivery, attempt: 2 })).outcome).toMatchObject({ kind: 'succeeded' });
    expect(received.map(({ sid }) => sid).sort()).toEqual(['s-1', 's-1', 's-2', 's-2', 's-3', 's-3']);
  });

  it('I4: each attempt names the same event, in a token that no client has seen before', async () => {
    const { url, received } = await partyOf('shop', (response) => response.writeHead(501).end());
    const delivery = claimed(await clientAt('shop', url));
    for (const attempt of [1, 2, 3]) await send({ ...delivery, attempt });
    expect(received.map(({ txn }) => txn)).toEqual(Array(3).fill(delivery.event.id));
    // Section 2.6, step 8: who has seen a jti may refuse it, even one that it failed to act upon.
    expect(new Set(received.map(({ jti }) => jti)).size).toBe(3);
  });

  it('is for one client: another refuses it', async () => {
    const { url, received, refused } = await partyOf('shop');
    await send(claimed(await clientAt('web', url)));
    expect([received, refused]).toEqual([[], [expect.stringContaining('"aud"')]]);
  });
});

describe('what comes of an answer (section 2.8)', () => {
  it.each([
    [200, 'succeeded'],
    [204, 'succeeded'],
    [400, 'failed'],
    [500, 'failed'],
    [302, 'failed'],
    [410, 'failed'],
  ])('%i: %s', async (status, kind) => {
    const elsewhere = await partyOf('shop');
    const { url } = await partyOf('shop', (response) =>
      response.writeHead(status, status === 302 ? { Location: elsewhere.url } : {}).end(),
    );
    const { outcome } = await send(claimed(await clientAt('shop', url)));
    expect(outcome).toMatchObject({ kind, statusCode: status });
    expect(elsewhere.received).toEqual([]);
  });

  it('a client that never answers costs no more than the limit, however many sessions it is told of', async () => {
    const { url } = await partyOf('shop', () => undefined);
    const sids = Array.from({ length: 20 }, (_, index) => `s-${index}`);
    const delivery = claimed(await clientAt('shop', url), { sids });
    const started = performance.now();
    const { outcome } = await send(delivery, TIMEOUT_MS);
    expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'timeout' });
    expect(performance.now() - started).toBeLessThan(TIMEOUT_MS + 2_000);
  });

  it('I7: an address that is refused is not connected to, and the record shows no token', async () => {
    const { url, received } = await partyOf('shop');
    const target = await clientAt('shop', url);
    const taken = await send(claimed(target));
    expect(JSON.stringify(taken.outcome)).not.toContain('eyJ');
    await agents.close();
    agents = createGuardedAgents(createAddressPolicy([], knownNames({ localhost: ['127.0.0.1'] })));
    for (const address of [url, url.replace('127.0.0.1', 'localhost')]) {
      const { outcome } = await send(claimed(await clientAt('shop', address)));
      expect(outcome).toMatchObject({ kind: 'failed', errorKind: 'address' });
    }
    expect(received).toHaveLength(1);
  });

  it('to a client that was disabled or deleted nothing is sent', async () => {
    const { url, received } = await partyOf('shop');
    const disabled = await send(claimed(await clientAt('shop', url, false)));
    expect(disabled.outcome).toMatchObject({ kind: 'skipped' });
    expect((await send(claimed(newUuid()))).outcome).toMatchObject({ kind: 'gone' });
    expect(received).toEqual([]);
  });

  it('since when a client fails is kept, until it answers', async () => {
    let status = 500;
    const { url } = await partyOf('shop', (response) => response.writeHead(status).end());
    const target = await clientAt('shop', url);
    const attempt = async () => {
      const delivery = claimed(target);
      const { outcome, receiver } = await send(delivery);
      const made = { delivery, receiver, outcome, next: { state: 'dead' as const }, startedAt: new Date() };
      await store.database.transaction((tx) => senderOf().record?.(tx, [made]) ?? Promise.resolve([]));
      return failingSince(target);
    };
    const since = await attempt();
    expect(since).toBeInstanceOf(Date);
    expect(await attempt()).toEqual(since);
    status = 200;
    expect(await attempt()).toBeNull();
  });
});

describe('whom the channel tells', () => {
  const user = { id: 101, uid: 'ada', email: null };
  const draft = { id: newUuid(), type: 'sessions.revoked' as const, user, askedFor: new Set<never>() };
  const id = newUuid();
  const row = (sid: string | null) => ({ user_id: 101, id, client_id: 'shop', sid });

  it.each([
    ['the user alone, where the client does not ask for more', [row(null)], null],
    ['each session', [row('s-1'), row('s-2')], '["s-1","s-2"]'],
    ['the user alone, where there are too many', Array.from({ length: 21 }, (_, at) => row(`s-${at}`)), null],
    [
      'the user alone, where their names are too long',
      Array.from({ length: 6 }, () => row('s'.repeat(255))),
      null,
    ],
  ])('%s', (_name, rows, recipient) => {
    expect(logoutChannel.targets(draft, rows)).toEqual([{ target: id, state: 'pending', recipient }]);
  });

  it('I7: nobody of somebody else’s sessions, or of a session with another client', () => {
    expect(logoutChannel.targets(draft, [{ ...row('s-1'), user_id: 102 }])).toEqual([]);
    const session = { sid: 's-9', clientId: 'web' };
    expect(logoutChannel.targets({ ...draft, type: 'session.revoked', session }, [row('s-1')])).toEqual([]);
  });

  it('only of ends of access', () => {
    expect(logoutChannel.targets({ ...draft, type: 'user.blocked' }, [row('s-1')])).toEqual([]);
  });
});
