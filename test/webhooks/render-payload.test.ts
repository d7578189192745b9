import { WEBHOOK_EVENT_TYPES } from '../../src/events/catalogue';
import { renderPayload, type WebhookMessage } from '../../src/webhooks/render-payload';
import type { WebhookEndpoint } from '../../src/webhooks/webhook-endpoint.entity';

const sentAt = new Date('2026-11-22T08:00:00.999Z');
const data = {
  userId: 101,
  uid: '5c9e2b1a',
  sequence: 4,
  epoch: 2,
  suspensionId: '01a1fe21-7251-7255-8874-487dc9de31f3',
  reason: 'Spam',
  reasonForUser: 'You sent too much',
  category: 'abuse',
  actor: 'admin',
  onBehalfOfUserId: 9001,
  blockedAt: '2026-11-21T11:25:19.853Z',
  blockedUntil: null,
};
const envelope = { type: 'user.blocked', timestamp: '2026-11-21T11:25:19.853Z', data };

type Format = Pick<WebhookEndpoint, 'signature' | 'payload'>;
const render = (format: Partial<Format>, payload: unknown, type: WebhookMessage['type'] = 'user.blocked') =>
  renderPayload(
    { signature: 'v1', payload: 'full', ...format },
    { id: 'e1', type, payload: typeof payload === 'string' ? payload : JSON.stringify(payload) },
    sentAt,
  );
const parsed = (...of: Parameters<typeof render>): unknown => JSON.parse(render(...of));

describe('what an endpoint is told', () => {
  it.each(['v1', 'v1a'] as const)('%s in full: the bytes of the event as they are stored', (signature) => {
    const stored = '{ "type":"user.blocked",  "data":{"b":1,"a":2} }';
    expect(render({ signature }, stored)).toBe(stored);
  });

  it.each(['v1', 'v1a'] as const)(
    'I7: %s thin: ids and places, and nothing that tells of a person',
    (signature) => {
      expect(parsed({ signature, payload: 'thin' }, envelope)).toEqual({
        type: 'user.blocked',
        timestamp: envelope.timestamp,
        data: { userId: 101, uid: '5c9e2b1a', sequence: 4, epoch: 2, suspensionId: data.suspensionId },
      });
    },
  );

  it('thin: of an endpoint its id alone', () => {
    const told = { endpointId: 'e', description: 'Ada’s log', cause: 'gone', failingSince: null };
    const event = { type: 'endpoint.disabled', timestamp: envelope.timestamp, data: told };
    expect(parsed({ payload: 'thin' }, event, 'endpoint.disabled')).toMatchObject({
      data: { endpointId: 'e' },
    });
    expect(render({ payload: 'thin' }, event, 'endpoint.disabled')).not.toContain('Ada');
  });

  it('Guardhouse: a number for the type, names as its receivers read them, the time of the attempt', () => {
    expect(parsed({ signature: 'guardhouse' }, envelope)).toEqual({
      EventType: 1001,
      Data: {
        UserId: 101,
        Uid: '5c9e2b1a',
        Sequence: 4,
        Epoch: 2,
        SuspensionId: data.suspensionId,
        Reason: 'Spam',
        ReasonForUser: 'You sent too much',
        Category: 'abuse',
        Actor: 'admin',
        OnBehalfOfUserId: 9001,
        BlockedAt: data.blockedAt,
        BlockedUntil: null,
        OccurredAt: envelope.timestamp,
      },
      Timestamp: Math.floor(sentAt.getTime() / 1000),
    });
  });

  it('I7: Guardhouse thin: ids and places, and when it happened', () => {
    expect(parsed({ signature: 'guardhouse', payload: 'thin' }, envelope)).toMatchObject({
      Data: {
        UserId: 101,
        Uid: '5c9e2b1a',
        Sequence: 4,
        Epoch: 2,
        SuspensionId: data.suspensionId,
        OccurredAt: envelope.timestamp,
      },
    });
    expect(render({ signature: 'guardhouse', payload: 'thin' }, envelope)).not.toMatch(/Spam|admin|9001/);
  });

  it('I7: thin, of a block list: who has blocked whom, and not who did it', () => {
    const place = { userId: 101, uid: '5c9e2b1a', sequence: 5, epoch: 2 };
    const ids = { ...place, blockedUserId: 102, blockedUid: '8b7f2d3c' };
    const added = {
      type: 'block_list.added',
      timestamp: envelope.timestamp,
      data: { ...ids, actor: 'admin' },
    };
    expect(parsed({ payload: 'thin' }, added, 'block_list.added')).toMatchObject({ data: ids });
    expect(render({ payload: 'thin' }, added, 'block_list.added')).not.toContain('admin');
  });

  it('Guardhouse: every type has a number of its own, beyond those that Guardhouse has', () => {
    const types = [...WEBHOOK_EVENT_TYPES, 'endpoint.ping'] as const;
    const numbers = types.map(
      (type) => (parsed({ signature: 'guardhouse' }, envelope, type) as { EventType: number }).EventType,
    );
    expect(new Set(numbers).size).toBe(types.length);
    expect(Math.min(...numbers)).toBeGreaterThan(1000);
  });

  it('of an event whose user was erased: that it is, and nothing else', () => {
    const erased = { erased: true };
    expect(parsed({}, erased)).toEqual(erased);
    expect(parsed({ payload: 'thin' }, erased)).toEqual(erased);
    for (const payload of ['full', 'thin'] as const) {
      expect(parsed({ signature: 'guardhouse', payload }, erased)).toMatchObject({
        EventType: 1001,
        Data: { Erased: true },
      });
    }
  });
});
