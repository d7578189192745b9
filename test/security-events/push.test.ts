import type { ServerResponse } from 'node:http';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { orNull, toTime } from '../../src/database/decode';
import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import { createAddressPolicy } from '../../src/outbound/address-policy';
import { createGuardedAgents, type GuardedAgents } from '../../src/outbound/guarded-agent';
import { createPushSecurityEvent } from '../../src/security-events/push-security-event';
import { authorizationPlace } from '../../src/security-events/authorization-header';
import { createSecurityEventSender } from '../../src/security-events/send-security-event';
import {
  type DeliveryDatabase,
  openDeliveryDatabase,
  storedAttempts,
  storedDelivery,
} from '../events/delivery-fixtures';
import { createMakeAttempt } from '../events/make-attempt';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';
import { newSigner, newStream, owe, type StreamSeed, transmitter } from './stream-fixtures';

/** So long that no busy machine comes to its end; tests of failures have a shorter one. */
const PATIENT_MS = 10_000;
const TIMEOUT_MS = 500;

let store: DeliveryDatabase;
let agents: GuardedAgents;
let signer: Awaited<ReturnType<typeof newSigner>>;
let receiver: WebhookReceiver;
let answer: (response: ServerResponse) => void;

const accept = (response: ServerResponse) => response.writeHead(202).end();
const fail = (response: ServerResponse) => response.writeHead(503).end();

beforeAll(async () => {
  store = await openDeliveryDatabase();
  agents = createGuardedAgents(createAddressPolicy(['127.0.0.1/32']));
  signer = await newSigner();
  receiver = await startWebhookReceiver((response) => answer(response));
});
beforeEach(() => {
  answer = accept;
  receiver.received.length = 0;
  store.clock.shiftMs = 0;
});
afterAll(async () => {
  await receiver.close();
  await agents.close();
  await store.close();
});

/** Attempts as the worker makes them. */
const attempting = (timeoutMs = PATIENT_MS) => {
  const { encryption } = store;
  const { sign } = signer;
  const push = createPushSecurityEvent({ encryption, agents, sign, transmitter, timeoutMs });
  const sender = createSecurityEventSender({ push, timeoutMs });
  const make = createMakeAttempt(store.database, sender, { endless: true, schedule: [0, 20] });
  return (target: string, deliveryId: string, attempt = 1) => make({ deliveryId, attempt, target });
};

const newPushStream = (seed: StreamSeed = {}) =>
  newStream(store.database, { endpointUrl: receiver.url, ...seed });

const health = async (id: string) => {
  const { rows } = await store.database.query(
    sql`SELECT failing_since, slowed_until FROM security_event_streams WHERE id = ${new Uuid(id)}`,
  );
  return {
    failingSince: orNull(toTime, rows[0]?.failing_since),
    slowedUntil: orNull(toTime, rows[0]?.slowed_until),
  };
};

describe('a push (RFC 8935, section 2.1)', () => {
  it('is a signed token that a receiver verifies by the JWKS alone, with the stream’s authorization', async () => {
    const stream = await newPushStream({
      clientId: 'receiver-1',
      authorizationHeader: (id) => store.encryption.encrypt('Bearer s3cret', authorizationPlace(id)),
    });
    const delivery = await owe(store.database, stream);
    await expect(attempting()(stream, delivery)).resolves.toBe('claimed');
    const [request] = receiver.received;
    expect(request?.headers).toMatchObject({
      'content-type': 'application/secevent+jwt',
      accept: 'application/json',
      authorization: 'Bearer s3cret',
    });
    const token = request?.body.toString() ?? '';
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'RS256', kid: 'k', typ: 'secevent+jwt' });
    const { payload } = await jwtVerify(token, createLocalJWKSet(signer.jwks), {
      issuer: transmitter.issuer,
      audience: 'receiver-1',
      typ: 'secevent+jwt',
    });
    expect(payload.jti).toBe(delivery);
    expect(await storedDelivery(store.database, delivery)).toMatchObject({ state: 'delivered' });
    const { rows } = await store.database.query(
      sql`SELECT request_headers FROM delivery_attempts WHERE delivery_id = ${new Uuid(delivery)}`,
    );
    expect(String(rows[0]?.request_headers)).toContain('[hidden]');
    expect(String(rows[0]?.request_headers)).not.toContain('s3cret');
  });

  it('I4: every attempt carries the same claims', async () => {
    const stream = await newPushStream();
    const delivery = await owe(store.database, stream);
    answer = fail;
    const attempt = attempting();
    await attempt(stream, delivery);
    store.clock.shiftMs = 60_000;
    answer = accept;
    await attempt(stream, delivery, 2);
    const [first, second] = receiver.received.map(({ body }) => body.toString().split('.')[1]);
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });
});

describe('what comes of an answer', () => {
  const answered = async (write: (response: ServerResponse) => void, timeoutMs?: number) => {
    const stream = await newPushStream();
    const delivery = await owe(store.database, stream);
    answer = write;
    await attempting(timeoutMs)(stream, delivery);
    return { ...(await storedDelivery(store.database, delivery)), stream, delivery };
  };
  const refusing = (err: string) => (response: ServerResponse) =>
    void response.writeHead(400, { 'content-type': 'application/json' }).end(JSON.stringify({ err }));

  it.each([200, 202, 204])('%i: it was taken', async (status) => {
    const { state } = await answered((response) => void response.writeHead(status).end());
    expect(state).toBe('delivered');
  });

  it.each(['invalid_request', 'invalid_state'])(
    '400 %s: this token is given up, with what the receiver said (RFC 8935, section 2.3)',
    async (err) => {
      const { state, delivery, stream } = await answered(refusing(err));
      expect(state).toBe('dead');
      expect(await storedAttempts(store.database, delivery)).toMatchObject([
        { outcome: 'gave_up', statusCode: 400, error: `the receiver refused the token (${err})` },
      ]);
      expect((await health(stream)).failingSince).toBeNull();
    },
  );

  it('400 with a long description is understood as well, and its beginning kept', async () => {
    const refusal = { description: 'x'.repeat(20_000), err: 'invalid_request' };
    const { state, delivery } = await answered(
      (response) => void response.writeHead(400).end(JSON.stringify(refusal)),
    );
    expect(state).toBe('dead');
    const [attempt] = await storedAttempts(store.database, delivery);
    expect(attempt?.response).toHaveLength(1_000);
  });

  it.each(['invalid_key', 'invalid_issuer', 'invalid_audience', 'authentication_failed', 'access_denied'])(
    '400 %s: somebody has to mend it, and it is tried again (RFC 8935, section 2.4)',
    async (err) => {
      expect(await answered(refusing(err))).toMatchObject({ state: 'pending', attempts: 1 });
    },
  );

  it.each<[string, (response: ServerResponse) => unknown]>([
    ['400 without words of the protocol', (response) => response.writeHead(400).end('<html>')],
    ['400 with JSON that is none of it', (response) => response.writeHead(400).end('{"err":7}')],
    ['401', (response) => response.writeHead(401).end()],
    ['410', (response) => response.writeHead(410).end()],
    ['500', (response) => response.writeHead(500).end()],
    ['a redirect', (response) => response.writeHead(307, { location: 'http://127.0.0.1:1/' }).end()],
    ['an answer without end', (response) => response.writeHead(500).write('x'.repeat(100_000))],
    ['no answer', () => undefined],
    ['a connection that breaks', (response) => response.destroy()],
  ])('%s: it is tried again, and the stream is failing', async (_what, write) => {
    const { state, stream } = await answered((response) => void write(response), TIMEOUT_MS);
    expect(state).toBe('pending');
    const { failingSince, slowedUntil } = await health(stream);
    expect(failingSince).not.toBeNull();
    expect(slowedUntil?.getTime()).toBeGreaterThan(failingSince?.getTime() ?? Infinity);
  });

  it('I4: none is given up for its time, however long the receiver stays away', async () => {
    const stream = await newPushStream();
    const delivery = await owe(store.database, stream);
    answer = fail;
    const attempt = attempting();
    for (let number = 1; number <= 4; number++) {
      store.clock.shiftMs = number * 120_000;
      await expect(attempt(stream, delivery, number)).resolves.toBe('claimed');
    }
    expect(await storedDelivery(store.database, delivery)).toMatchObject({ state: 'pending', attempts: 4 });
  });

  it('who asks to be left alone for a day is asked again within minutes', async () => {
    const { stream } = await answered(
      (response) => void response.writeHead(503, { 'retry-after': '86400' }).end(),
    );
    const { failingSince, slowedUntil } = await health(stream);
    const waitMs = (slowedUntil?.getTime() ?? 0) - (failingSince?.getTime() ?? 0);
    expect(Math.round(waitMs / 10_000)).toBe(30);
  });
});

describe('a stream that fails', () => {
  it('is sent nothing for a moment, and everything once it answers', async () => {
    const stream = await newPushStream();
    const first = await owe(store.database, stream, { userId: 1 });
    const second = await owe(store.database, stream, { userId: 2 });
    answer = fail;
    const attempt = attempting();
    await attempt(stream, first);
    await expect(attempt(stream, second)).resolves.toBe('paused');
    store.clock.shiftMs = 120_000;
    answer = accept;
    await expect(attempt(stream, second)).resolves.toBe('claimed');
    expect(await health(stream)).toEqual({ failingSince: null, slowedUntil: null });
    await expect(attempt(stream, first, 2)).resolves.toBe('claimed');
  });
});

describe('I5: what a stream is owed about one user stays in order over retries (SSF 1.0, section 8.1.2.1)', () => {
  const inOrder = async (stream: string, states: string[]) => {
    const ids: string[] = [];
    for (const [index, state] of states.entries()) {
      ids.push(await owe(store.database, stream, { sequence: index + 1, state }));
    }
    return ids as [string, string];
  };

  it('a later one is put off to the retry of an earlier one, and goes after it', async () => {
    const stream = await newPushStream();
    const [first, second] = await inOrder(stream, ['pending', 'pending']);
    const other = await owe(store.database, stream, { userId: 102 });
    answer = fail;
    const attempt = attempting();
    await attempt(stream, first);
    answer = accept;
    store.clock.shiftMs = 5_000;
    await expect(attempt(stream, second)).resolves.toBe('put off');
    const { nextAttemptAt } = await storedDelivery(store.database, first);
    expect(await storedDelivery(store.database, second)).toMatchObject({
      nextAttemptAt,
      attempts: 0,
      enqueuedAt: null,
    });
    // Other users do not wait.
    await expect(attempt(stream, other)).resolves.toBe('claimed');

    store.clock.shiftMs = 60_000;
    await expect(attempt(stream, second)).resolves.toBe('behind');
    await expect(attempt(stream, first, 2)).resolves.toBe('claimed');
    await expect(attempt(stream, second)).resolves.toBe('claimed');
    expect(receiver.received).toHaveLength(4);
  });

  it('nor does it overtake one that is still held since a pause', async () => {
    const stream = await newPushStream();
    const [, second] = await inOrder(stream, ['held', 'pending']);
    await expect(attempting()(stream, second)).resolves.toBe('behind');
  });

  it.each(['delivered', 'dead', 'cancelled'])('one that is %s holds up nobody', async (state) => {
    const stream = await newPushStream();
    const [, second] = await inOrder(stream, [state, 'pending']);
    await expect(attempting()(stream, second)).resolves.toBe('claimed');
  });
});

describe('a stream that takes nothing', () => {
  const outcome = async (seed: StreamSeed, type: 'user.blocked' | 'stream.updated') => {
    const stream = await newPushStream(seed);
    const aboutStream = { userId: null, sequence: null, data: { streamId: stream, status: seed.status } };
    const delivery = await owe(store.database, stream, {
      type,
      ...(type === 'stream.updated' ? aboutStream : {}),
    });
    await attempting()(stream, delivery);
    return (await storedDelivery(store.database, delivery)).state;
  };

  it('keeps what it is owed while it is paused, and where it polls', async () => {
    await expect(outcome({ status: 'paused' }, 'user.blocked')).resolves.toBe('held');
    await expect(outcome({ method: 'poll' }, 'user.blocked')).resolves.toBe('held');
    expect(receiver.received).toHaveLength(0);
  });

  it('loses it once it is disabled (SSF 1.0, section 8.1.2.1)', async () => {
    await expect(outcome({ status: 'disabled' }, 'user.blocked')).resolves.toBe('cancelled');
    expect(receiver.received).toHaveLength(0);
  });

  it.each(['paused', 'disabled'] as const)('is told that it is %s all the same', async (status) => {
    await expect(outcome({ status }, 'stream.updated')).resolves.toBe('delivered');
  });

  it('is sent nothing about a user who was erased', async () => {
    const stream = await newPushStream();
    const delivery = await owe(store.database, stream);
    await store.database.query(sql`UPDATE events SET payload = '{"erased":true}'`);
    await attempting()(stream, delivery);
    expect(receiver.received).toHaveLength(0);
    expect(await storedDelivery(store.database, delivery)).toMatchObject({ state: 'cancelled' });
  });
});
