import { newUuid } from '../../src/database/uuid';
import { describeOperation, type OperationTest } from './support/describe-operation';
import type { ProblemBody } from './support/fixtures';
import {
  newReceiver,
  newStream,
  POLL,
  PUSH,
  type Receiver,
  SESSION_REVOKED,
  type StreamBody,
  STREAMS,
} from './support/streams';
import { refusalsOf, rowsOf, snapshotOf } from './support/tables';

const STATUS = '/ssf/status';
const ISSUER = 'https://portcullis.test';
const SUPPORTED = [
  'https://schemas.openid.net/secevent/risc/event-type/account-disabled',
  'https://schemas.openid.net/secevent/risc/event-type/account-enabled',
  'https://schemas.openid.net/secevent/risc/event-type/account-purged',
  SESSION_REVOKED,
];
const UNKNOWN = newUuid();
const NUL = '\u0000';

/** 404 for streams that are not there, were deleted, are another client's or have no id at all; nothing changes (I7). */
function neverAnothers(
  test: OperationTest,
  send: (streamId: string, receiver: Receiver) => Promise<{ status: number; body: never }>,
): void {
  it.each(['unknown', 'malformed', 'another client’s'])(
    '404: a stream that is %s; nothing changes',
    async (kind) => {
      const { streamId } = await newStream(test.api);
      const other = await newStream(test.api);
      const before = await snapshotOf(test.api.services.database);
      const id = { unknown: UNKNOWN, malformed: 'f67e39a0a4d3', 'another client’s': streamId }[kind] ?? '';
      const { status, body } = await send(id, other);
      expect([status, (body as ProblemBody).code]).toEqual([404, 'stream.not_found']);
      expect(await snapshotOf(test.api.services.database)).toEqual(before);
    },
  );
}

/** 400 that names the field, the whole database as it was (I8). */
async function refused(
  test: OperationTest,
  call: Promise<{ status: number; body: never }>,
  pointer: string,
  before: Record<string, string[]>,
) {
  const { status, body } = await call;
  expect([status, (body as ProblemBody).errors?.map((error) => error.pointer)]).toEqual([
    400,
    expect.arrayContaining([pointer]),
  ]);
  expect(await snapshotOf(test.api.services.database)).toEqual(before);
}

describeOperation('createStream', {}, (test) => {
  const create = async (body?: unknown, token?: string) =>
    test.call('POST', STREAMS, { body, token: token ?? (await newReceiver(test.api)).token });

  it('201: without a body a stream that polls for everything (SSF 1.0, section 8.1.1.1)', async () => {
    const { clientId, token } = await newReceiver(test.api);
    const { status, headers, body } = await create(undefined, token);
    const stream = body as StreamBody;
    expect([status, headers.get('cache-control')]).toEqual([201, 'no-store']);
    expect(stream).toEqual({
      stream_id: expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      iss: ISSUER,
      aud: clientId,
      delivery: { ...POLL, endpoint_url: `${ISSUER}/ssf/streams/${stream.stream_id}/poll` },
      events_supported: SUPPORTED,
      events_delivered: SUPPORTED,
      min_verification_interval: 10,
      inactivity_timeout: 432_000,
    });
    const { body: read } = await test.api.call('GET', `${STATUS}?stream_id=${stream.stream_id}`, { token });
    expect(read).toEqual({ stream_id: stream.stream_id, status: 'enabled' });
  });

  it('201: what is delivered is what was asked for of what there is; what we do not know is kept', async () => {
    const requested = ['urn:example:secevent:events:type_2', SESSION_REVOKED];
    const { body } = await create({ delivery: PUSH, events_requested: requested, description: 'Shop' });
    expect(body).toMatchObject({
      delivery: PUSH,
      events_requested: requested,
      events_delivered: [SESSION_REVOKED],
      description: 'Shop',
    });
    expect(body).not.toHaveProperty('inactivity_timeout');
  });

  it('201: the authorization header stands encrypted, and is shown nowhere (I7)', async () => {
    const { token } = await newReceiver(test.api);
    const delivery = { ...PUSH, authorization_header: 'Bearer hunter2' };
    const { status, body } = await create({ delivery }, token);
    expect([status, JSON.stringify(body).includes('hunter2')]).toEqual([201, false]);
    const { database } = test.api.services;
    const stored = [await rowsOf(database, 'security_event_streams'), await rowsOf(database, 'audit_values')];
    expect(JSON.stringify(stored)).not.toContain('hunter2');
  });

  it('201: of several at once one is made, and the others are told (409); one audit record', async () => {
    const { token, clientId } = await newReceiver(test.api);
    const answers = await Promise.all(Array.from({ length: 4 }, () => create({}, token)));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 409, 409, 409]);
    const records = await rowsOf(test.api.services.database, 'audit_records');
    const made = records.filter(({ client_id, outcome }) => client_id === clientId && outcome === 'done');
    expect(made.map(({ action }) => action)).toEqual(['security_event_stream.create']);
  });

  it('409: a second one; the first is as it was', async () => {
    const { token, stream } = await newStream(test.api);
    const { status, body } = await create({ delivery: PUSH }, token);
    expect([status, (body as ProblemBody).code]).toEqual([409, 'stream.exists']);
    expect((await test.api.call('GET', STREAMS, { token })).body).toEqual([stream]);
  });

  it('403: a client that the operator has not named; nothing changes, and it is recorded', async () => {
    const receivers = test.api.config.SSF_RECEIVERS;
    receivers.splice(0, receivers.length, 'shop');
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await create({});
    expect([status, (body as ProblemBody).code]).toEqual([403, 'stream.receiver_refused']);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    expect((await refusalsOf(test.api.services.database)).at(-1)?.code).toBe('stream.receiver_refused');
    const shop = await test.api.issuer.sign({ sub: 'shop', client_id: 'shop', scope: 'ssf.manage' });
    expect((await create({}, shop)).status).toBe(201);
    receivers.splice(0, receivers.length, '*');
  });

  it('403: a client that is named no more may delete its stream, and nothing else', async () => {
    const { token, streamId } = await newStream(test.api, { delivery: POLL });
    const receivers = test.api.config.SSF_RECEIVERS;
    receivers.splice(0, receivers.length, 'shop');
    const named = `stream_id=${streamId}`;
    const subject = { format: 'email', email: 'ada@example.com' };
    const calls: [method: string, path: string, body?: object][] = [
      ['GET', STREAMS],
      ['GET', `${STREAMS}?${named}`],
      ['PATCH', STREAMS, { stream_id: streamId, description: 'mine' }],
      ['PUT', STREAMS, { stream_id: streamId }],
      ['GET', `/ssf/status?${named}`],
      ['POST', '/ssf/status', { stream_id: streamId, status: 'enabled' }],
      ['POST', '/ssf/verification', { stream_id: streamId }],
      ['POST', '/ssf/subjects/add', { stream_id: streamId, subject }],
      ['POST', '/ssf/subjects/remove', { stream_id: streamId, subject }],
      ['POST', `/ssf/streams/${streamId}/poll`, { returnImmediately: true }],
    ];
    const answers = [];
    for (const [method, path, body] of calls)
      answers.push(await test.api.call(method, path, { body, token }));
    const deleted = await test.api.call('DELETE', `${STREAMS}?${named}`, { token });
    receivers.splice(0, receivers.length, '*');
    expect(answers.map(({ status, body }) => [status, (body as ProblemBody).code])).toEqual(
      calls.map(() => [403, 'stream.receiver_refused']),
    );
    expect(deleted.status).toBe(204);
  });

  it.each<[unknown, string]>([
    [[], '/body'],
    ['text', '/body'],
    [{ extra: 1 }, '/body/extra'],
    [{ stream_id: UNKNOWN }, '/body/stream_id'],
    [{ delivery: null }, '/body/delivery'],
    [{ delivery: {} }, '/body/delivery/method'],
    [{ delivery: { method: 'push' } }, '/body/delivery/method'],
    [{ delivery: { ...PUSH, extra: 1 } }, '/body/delivery/extra'],
    [{ delivery: { method: PUSH.method } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 7 } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'ftp://127.0.0.1/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'http://10.0.0.1/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'https://169.254.169.254/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'http://1.1.1.1/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'https://no-such-name.test/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'https://a.example.com/#x' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, endpoint_url: 'https://u:p@a.example.com/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...PUSH, authorization_header: '' } }, '/body/delivery/authorization_header'],
    [{ delivery: { ...PUSH, authorization_header: 'a\r\nX: y' } }, '/body/delivery/authorization_header'],
    [
      { delivery: { ...PUSH, authorization_header: 'x'.repeat(4_001) } },
      '/body/delivery/authorization_header',
    ],
    [{ delivery: { ...POLL, endpoint_url: 'https://a.example.com/' } }, '/body/delivery/endpoint_url'],
    [{ delivery: { ...POLL, authorization_header: 'Bearer a' } }, '/body/delivery/authorization_header'],
    [{ events_requested: [] }, '/body/events_requested'],
    [{ events_requested: SESSION_REVOKED }, '/body/events_requested'],
    [{ events_requested: [7] }, '/body/events_requested/0'],
    [{ events_requested: [`urn:${NUL}`] }, '/body/events_requested/0'],
    [{ events_requested: Array(101).fill('urn:a') }, '/body/events_requested'],
    [{ description: NUL }, '/body/description'],
    [{ description: 'x'.repeat(501) }, '/body/description'],
  ])('400: %j names %s, and changes nothing', async (body, pointer) => {
    const before = await snapshotOf(test.api.services.database);
    await refused(test, create(body), pointer, before);
  });
});

describeOperation('readStreams', { path: () => Promise.resolve(STREAMS) }, (test) => {
  it('200: the list, which is empty where there is none (SSF 1.0, section 8.1.1.2)', async () => {
    const { token, stream } = await newStream(test.api);
    const { status, headers, body } = await test.call('GET', STREAMS, { token });
    expect([status, headers.get('cache-control'), body]).toEqual([200, 'no-store', [stream]]);
    const nobody = await newReceiver(test.api, 'ssf.read');
    expect((await test.call('GET', STREAMS, { token: nobody.token })).body).toEqual([]);
  });

  it('200: the one that is named, in capitals too', async () => {
    const { token, stream, streamId } = await newStream(test.api, { delivery: PUSH });
    for (const id of [streamId, streamId.toUpperCase()]) {
      expect((await test.call('GET', `${STREAMS}?stream_id=${id}`, { token })).body).toEqual(stream);
    }
  });

  neverAnothers(test, (id, { token }) => test.call('GET', `${STREAMS}?stream_id=${id}`, { token }));

  it.each(['stream_id=', 'stream_id=%00', 'other=1'])('400: ?%s (I8)', async (query) => {
    expect((await test.call('GET', `${STREAMS}?${query}`)).status).toBe(400);
  });

  it('401: a token in the query is none (RFC 6750, section 2.3; CAEP Interoperability Profile, section 2.7.3)', async () => {
    const { token } = await newStream(test.api);
    const response = await fetch(`${test.api.url}${STREAMS}?access_token=${token}`);
    expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  });

  it('a sign of life is noted, though not with each read', async () => {
    const { token, streamId } = await newStream(test.api);
    const polledAt = async () => {
      await test.call('GET', STREAMS, { token });
      const rows = await rowsOf(test.api.services.database, 'security_event_streams');
      return (
        rows.find(({ client_id }) => String(client_id).startsWith('receiver') && streamId)?.polled_at as Date
      ).getTime();
    };
    const first = await polledAt();
    expect(await polledAt()).toBe(first);
  });
});

describe.each([
  ['updateStream', 'PATCH'],
  ['replaceStream', 'PUT'],
] as const)('%s', (operationId, method) => {
  describeOperation(operationId, {}, (test) => {
    const send = (body: unknown, token: string) => test.call(method, STREAMS, { body, token });

    it('200: what we supply may be sent back as it is (SSF 1.0, section 8.1.1.3)', async () => {
      const { token, stream } = await newStream(test.api, { events_requested: [SESSION_REVOKED] });
      const { status, headers, body } = await send(
        { ...stream, aud: [stream.aud], events_supported: [...stream.events_supported].reverse() },
        token,
      );
      expect([status, headers.get('cache-control'), body]).toEqual([200, 'no-store', stream]);
    });

    it('200: is recorded with the names of what changed, and no secret (I7)', async () => {
      const { token, streamId, clientId } = await newStream(test.api);
      const delivery = { ...PUSH, authorization_header: 'Bearer hunter2' };
      const { body } = await send({ stream_id: streamId, delivery, description: 'Shop' }, token);
      expect(body).toMatchObject({ delivery: PUSH, description: 'Shop' });
      const records = await rowsOf(test.api.services.database, 'audit_records');
      const record = records.findLast(({ client_id }) => client_id === clientId);
      expect(record).toMatchObject({
        action: `security_event_stream.${method === 'PATCH' ? 'update' : 'replace'}`,
        target: `security_event_stream:${streamId}`,
        changed_fields: JSON.stringify(['method', 'endpointUrl', 'authorizationHeader', 'description']),
      });
    });

    it('200: nothing different is no change', async () => {
      const { token, streamId } = await newStream(test.api);
      const before = await snapshotOf(test.api.services.database);
      expect((await send({ stream_id: streamId }, token)).status).toBe(200);
      expect(await snapshotOf(test.api.services.database)).toEqual(before);
    });

    neverAnothers(test, (id, { token }) => send({ stream_id: id, description: 'x' }, token));

    it.each<[object, string]>([
      [{ stream_id: null }, '/body/stream_id'],
      [{ stream_id: 7 }, '/body/stream_id'],
      [{ stream_id: undefined }, '/body/stream_id'],
      [{ iss: 'https://eve.example' }, '/body/iss'],
      [{ aud: 'eve' }, '/body/aud'],
      [{ aud: ['eve', 'shop'] }, '/body/aud'],
      [{ events_supported: [SESSION_REVOKED] }, '/body/events_supported'],
      [{ events_delivered: [] }, '/body/events_delivered'],
      // What is delivered is that of before the change.
      [
        { events_requested: [SESSION_REVOKED], events_delivered: [SESSION_REVOKED] },
        '/body/events_delivered',
      ],
      [{ min_verification_interval: 0 }, '/body/min_verification_interval'],
      [{ inactivity_timeout: 1 }, '/body/inactivity_timeout'],
      [{ events_requested: [] }, '/body/events_requested'],
      [{ status: 'paused' }, '/body/status'],
      [{ description: null }, '/body/description'],
      [{ delivery: { method: PUSH.method } }, '/body/delivery/endpoint_url'],
      [{ delivery: { ...PUSH, endpoint_url: 'https://10.0.0.1/' } }, '/body/delivery/endpoint_url'],
      [{ delivery: { ...POLL, endpoint_url: `${ISSUER}/elsewhere` } }, '/body/delivery/endpoint_url'],
    ])('400: %j names %s, and changes nothing', async (body, pointer) => {
      const { token, streamId } = await newStream(test.api);
      const before = await snapshotOf(test.api.services.database);
      await refused(test, send({ stream_id: streamId, ...body }, token), pointer, before);
    });

    const stays = method === 'PATCH';
    it(`200: what is not given ${stays ? 'stays' : 'is gone'}`, async () => {
      const given = { delivery: PUSH, events_requested: [SESSION_REVOKED], description: 'Shop' };
      const { token, stream, streamId } = await newStream(test.api, given);
      const { body } = await send({ stream_id: streamId, description: 'Mail' }, token);
      const { events_requested: _gone, ...rest } = stream;
      expect(body).toEqual(
        stays
          ? { ...stream, description: 'Mail' }
          : {
              ...rest,
              delivery: { ...POLL, endpoint_url: `${ISSUER}/ssf/streams/${streamId}/poll` },
              events_delivered: SUPPORTED,
              inactivity_timeout: 432_000,
              description: 'Mail',
            },
      );
    });

    it(`200: an authorization header that is not given ${stays ? 'stays with its address alone' : 'is gone'}`, async () => {
      const delivery = { ...PUSH, authorization_header: 'Bearer a' };
      const { token, streamId } = await newStream(test.api, { delivery });
      const headerAfter = async (endpoint_url: string) => {
        const body = { stream_id: streamId, delivery: { ...PUSH, endpoint_url } };
        expect((await send(body, token)).status).toBe(200);
        const rows = await rowsOf(test.api.services.database, 'security_event_streams');
        return rows.findLast(({ method: sent }) => sent === 'push')?.authorization_header !== null;
      };
      expect(await headerAfter(PUSH.endpoint_url)).toBe(stays);
      expect(await headerAfter('http://127.0.0.1:9/other')).toBe(false);
    });
  });
});

describeOperation('deleteStream', {}, (test) => {
  const remove = (id: string, token: string) => test.call('DELETE', `${STREAMS}?stream_id=${id}`, { token });

  it('204: it is gone, and the client may make another (SSF 1.0, section 8.1.1.5)', async () => {
    const { token, streamId } = await newStream(test.api);
    const { status, headers } = await remove(streamId, token);
    expect([status, headers.get('cache-control')]).toEqual([204, 'no-store']);
    expect((await remove(streamId, token)).status).toBe(404);
    expect((await test.api.call('POST', STREAMS, { body: {}, token })).status).toBe(201);
  });

  neverAnothers(test, (id, { token }) => remove(id, token));

  it('400: without a stream (I8)', async () => {
    expect((await test.call('DELETE', STREAMS)).status).toBe(400);
  });
});

describeOperation('getStreamStatus', {}, (test) => {
  it('200: and why (SSF 1.0, section 8.1.2.1)', async () => {
    const { token, streamId } = await newStream(test.api);
    const { status, headers, body } = await test.call('GET', `${STATUS}?stream_id=${streamId}`, { token });
    expect([status, headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(body).toEqual({ stream_id: streamId, status: 'enabled' });
  });

  neverAnothers(test, (id, { token }) => test.call('GET', `${STATUS}?stream_id=${id}`, { token }));

  it('400: without a stream (I8)', async () => {
    expect((await test.call('GET', STATUS)).status).toBe(400);
  });
});

describeOperation('setStreamStatus', {}, (test) => {
  const set = (body: object, token?: string, query = '') =>
    test.call('POST', `${STATUS}${query}`, { body, token });

  it('200: each status, with its reason, and back (SSF 1.0, section 8.1.2.2)', async () => {
    const { token, streamId } = await newStream(test.api);
    for (const status of ['paused', 'disabled', 'enabled', 'paused', 'enabled']) {
      const wanted = { stream_id: streamId, status, reason: `because ${status}` };
      const { status: code, headers, body } = await set(wanted, token);
      expect([code, headers.get('cache-control'), body]).toEqual([200, 'no-store', wanted]);
      const read = await test.api.call('GET', `${STATUS}?stream_id=${streamId}`, { token });
      expect(read.body).toEqual(wanted);
    }
    expect((await set({ stream_id: streamId, status: 'enabled' }, token)).body).not.toHaveProperty('reason');
  });

  it('200: the stream may be named in the query as well, as the conformance tests do', async () => {
    const { token, streamId } = await newStream(test.api);
    const body = { stream_id: streamId, status: 'paused' };
    expect((await set(body, token, `?stream_id=${streamId}`)).status).toBe(200);
    expect((await set(body, token, `?stream_id=${UNKNOWN}`)).status).toBe(400);
  });

  neverAnothers(test, (id, { token }) => set({ stream_id: id, status: 'disabled' }, token));

  it.each<[object, string]>([
    [{ status: undefined }, '/body/status'],
    [{ status: 'stopped' }, '/body/status'],
    [{ status: null }, '/body/status'],
    [{ reason: 7 }, '/body/reason'],
    [{ reason: NUL }, '/body/reason'],
    [{ reason: 'x'.repeat(501) }, '/body/reason'],
    [{ subject: {} }, '/body/subject'],
    [{ stream_id: undefined }, '/body/stream_id'],
  ])('400: %j names %s, and changes nothing', async (body, pointer) => {
    const { token, streamId } = await newStream(test.api);
    const before = await snapshotOf(test.api.services.database);
    await refused(test, set({ stream_id: streamId, status: 'paused', ...body }, token), pointer, before);
  });
});

describeOperation('verifyStream', {}, (test) => {
  const verify = (body: object, token: string) => test.call('POST', '/ssf/verification', { body, token });
  const eventsOf = async (streamId: string) => {
    const { database } = test.api.services;
    const deliveries = (await rowsOf(database, 'deliveries')).filter(({ target }) => target === streamId);
    const events = await rowsOf(database, 'events');
    return deliveries.map(({ state, event_id }) => {
      const event = events.find(({ id }) => String(id) === String(event_id));
      return { state, ...(JSON.parse(String(event?.payload)) as { type: string; data: object }) };
    });
  };

  it.each([
    [POLL, 'held'],
    [PUSH, 'pending'],
  ])(
    '204: an event for this stream alone, with the state (SSF 1.0, section 8.1.4.2): %j',
    async (delivery, state) => {
      const others = await newStream(test.api, { delivery });
      const { token, streamId } = await newStream(test.api, { delivery });
      const { status, headers } = await verify({ stream_id: streamId, state: 'Zm9v' }, token);
      expect([status, headers.get('cache-control')]).toEqual([204, 'no-store']);
      expect(await eventsOf(streamId)).toEqual([
        expect.objectContaining({ state, type: 'stream.verification', data: { streamId, state: 'Zm9v' } }),
      ]);
      expect(await eventsOf(others.streamId)).toEqual([]);
    },
  );

  it('204: without a state; held where the stream has paused', async () => {
    const { token, streamId } = await newStream(test.api, { delivery: PUSH });
    await test.api.call('POST', STATUS, { body: { stream_id: streamId, status: 'paused' }, token });
    expect((await verify({ stream_id: streamId }, token)).status).toBe(204);
    expect(await eventsOf(streamId)).toMatchObject([{ state: 'held', data: { streamId } }]);
  });

  it('429: sooner than min_verification_interval, and not later; one event', async () => {
    const { token, streamId } = await newStream(test.api);
    const answers = await Promise.all([1, 2, 3].map(() => verify({ stream_id: streamId }, token)));
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 429, 429]);
    const refusal = answers.find(({ status }) => status === 429);
    expect(Number(refusal?.headers.get('retry-after'))).toBeLessThanOrEqual(10);
    expect(await eventsOf(streamId)).toHaveLength(1);
    test.api.clock.shiftMs = 10_000;
    expect((await verify({ stream_id: streamId }, token)).status).toBe(204);
    test.api.clock.shiftMs = 0;
  });

  it('400: a disabled stream would get nothing', async () => {
    const { token, streamId } = await newStream(test.api);
    await test.api.call('POST', STATUS, { body: { stream_id: streamId, status: 'disabled' }, token });
    const { status, body } = await verify({ stream_id: streamId }, token);
    expect([status, (body as ProblemBody).code]).toEqual([400, 'stream.disabled']);
    expect(await eventsOf(streamId)).toEqual([]);
  });

  neverAnothers(test, (id, { token }) => verify({ stream_id: id }, token));

  it.each<[object, string]>([
    [{ state: 7 }, '/body/state'],
    [{ state: NUL }, '/body/state'],
    [{ state: 'x'.repeat(1_001) }, '/body/state'],
    [{ extra: 1 }, '/body/extra'],
    [{ stream_id: undefined }, '/body/stream_id'],
  ])('400: %j names %s, and changes nothing', async (body, pointer) => {
    const { token, streamId } = await newStream(test.api);
    const before = await snapshotOf(test.api.services.database);
    await refused(test, verify({ stream_id: streamId, ...body }, token), pointer, before);
  });
});

describe.each([
  ['addStreamSubject', '/ssf/subjects/add', 200],
  ['removeStreamSubject', '/ssf/subjects/remove', 204],
] as const)('%s', (operationId, path, ok) => {
  describeOperation(operationId, {}, (test) => {
    const send = (body: object, token: string) => test.call('POST', path, { body, token });
    const ada = () => ({ format: 'iss_sub', iss: test.api.config.ISSUER, sub: 'ada' });

    it(`${ok}: says nothing of whether there is such a user (SSF 1.0, section 9.1; I7)`, async () => {
      const { token, streamId } = await newStream(test.api);
      for (const subject of [
        ada(),
        { ...ada(), sub: 'nobody' },
        { format: 'email', email: 'ada@example.com' },
        { format: 'email', email: 'nobody@example.com' },
        { format: 'complex', user: ada() },
        { format: 'complex', user: { ...ada(), sub: 'nobody' } },
      ]) {
        const { status, headers, body } = await send({ stream_id: streamId, subject }, token);
        expect([status, headers.get('cache-control'), body]).toEqual([ok, 'no-store', undefined]);
      }
    });

    neverAnothers(test, (id, { token }) => send({ stream_id: id, subject: ada() }, token));

    it.each<[object | null | string, string]>([
      [null, '/body/subject'],
      ['ada', '/body/subject'],
      [{}, '/body/subject/format'],
      [{ format: 'opaque', id: '7' }, '/body/subject/format'],
      [{ format: 'phone_number', phone_number: '+12065550123' }, '/body/subject/format'],
      [{ format: 'aliases', identifiers: [] }, '/body/subject/format'],
      [{ format: 'iss_sub', sub: 'ada' }, '/body/subject/iss'],
      [{ format: 'iss_sub', iss: 'https://eve.example', sub: 'ada' }, '/body/subject/iss'],
      [{ format: 'iss_sub', iss: 7, sub: 'ada' }, '/body/subject/iss'],
      [{ format: 'iss_sub', iss: 'x' }, '/body/subject/sub'],
      [{ format: 'iss_sub', sub: NUL }, '/body/subject/sub'],
      [{ format: 'email' }, '/body/subject/email'],
      [{ format: 'email', email: 'ada' }, '/body/subject/email'],
      [{ format: 'email', email: 'ada@example.com', sub: 'ada' }, '/body/subject/sub'],
      [{ format: 'complex' }, '/body/subject/user'],
      [{ format: 'complex', user: {} }, '/body/subject/user/format'],
      [{ format: 'complex', user: { format: 'complex' } }, '/body/subject/user/format'],
      [{ format: 'complex', user: { format: 'email' } }, '/body/subject/user/email'],
      [{ format: 'complex', user: ['ada'] }, '/body/subject/user'],
      [{ format: 'complex', session: { format: 'opaque', id: '7' } }, '/body/subject/session'],
    ])('400: the subject %j names %s, and changes nothing', async (subject, pointer) => {
      const { token, streamId } = await newStream(test.api);
      const before = await snapshotOf(test.api.services.database);
      await refused(test, send({ stream_id: streamId, subject }, token), pointer, before);
    });
  });
});
