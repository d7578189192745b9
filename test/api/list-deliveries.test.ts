import { sql } from '../../src/database/sql';
import { Uuid } from '../../src/database/uuid';
import {
  type DeliveryPage,
  finish,
  type MadeDelivery,
  newDelivery,
  newEndpointDelivery,
} from './support/deliveries';
import { describeOperation } from './support/describe-operation';
import { change, done, newEndpoint, newUser } from './support/fixtures';

describeOperation('listDeliveries', {}, (test) => {
  const list = async (query: Record<string, string | number | undefined>): Promise<DeliveryPage> => {
    const text = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) if (value !== undefined) text.set(name, String(value));
    const { status, body } = await test.call('GET', `/api/v1/deliveries?${String(text)}`);
    expect(status).toBe(200);
    return body;
  };
  const idsOf = ({ items }: DeliveryPage) => items.map(({ id }) => id);
  const database = () => test.api.services.database;
  const forgetType = (id: string) =>
    database().query(
      sql`UPDATE deliveries SET event_type = NULL, sequence = NULL WHERE id = ${new Uuid(id)}`,
    );

  it('200: each delivery with what its event tells of itself, newest first', async () => {
    const { id: endpointId } = await newEndpoint(test.api);
    const older = await newDelivery(test.api, endpointId);
    const newer = await newDelivery(test.api, endpointId);
    const page = await list({ endpointId });
    expect(idsOf(page)).toEqual([newer.id, older.id]);
    expect(page.items[1]).toMatchObject({
      eventId: older.eventId,
      eventType: 'user.blocked',
      userId: older.userId,
      sequence: 1,
      channel: 'webhook',
      target: endpointId,
      state: 'pending',
      attempts: 0,
      deliveredAt: null,
      finishedAt: null,
    });
    expect(page.items[1]?.occurredAt).toBe(page.items[1]?.createdAt);
    expect(idsOf(await list({}))).toEqual(expect.arrayContaining([newer.id, older.id]));
  });

  it('200: each filter by itself and with the others', async () => {
    const { id: endpointId } = await newEndpoint(test.api);
    const first = await newDelivery(test.api, endpointId);
    const second = await newDelivery(test.api, endpointId);
    await finish(test.api, first.id, 'dead');
    const body = { triggerWebhook: true, notifyUserViaEmail: true };
    const unblocked = await change(test.api, 'unblock', second.userId, { body });
    const last = unblocked.deliveries.length;
    const aboutSecond = await list({ userId: second.userId });
    expect(aboutSecond.items.filter(({ eventType }) => eventType === 'user.unblocked')).toHaveLength(last);

    expect(await list({ endpointId, state: 'dead' })).toMatchObject({ items: [{ id: first.id }] });
    // In capitals: deliveries name their target as text.
    expect(idsOf(await list({ endpointId: endpointId.toUpperCase(), state: 'dead' }))).toEqual([first.id]);
    expect(idsOf(await list({ endpointId, eventType: 'user.blocked' }))).toEqual([second.id, first.id]);
    expect(idsOf(await list({ endpointId, userId: first.userId }))).toEqual([first.id]);
    expect(idsOf(await list({ userId: second.userId, eventType: 'user.blocked', endpointId }))).toEqual([
      second.id,
    ]);
    expect(idsOf(await list({ userId: second.userId, state: 'dead' }))).toEqual([]);
    const mails = aboutSecond.items.filter(({ channel }) => channel === 'email');
    expect(mails).toMatchObject([{ eventType: 'user.unblocked', target: String(second.userId) }]);
    for (const page of [await list({ state: 'dead' }), await list({ eventType: 'user.unblocked' })]) {
      expect(page.items.length).toBeGreaterThan(0);
      expect(idsOf(page)).not.toContain(second.id);
    }
  });

  it('200: from and to bound the time of the event, the one included and the other not', async () => {
    const { id, endpointId } = await newEndpointDelivery(test.api);
    const [{ createdAt } = { createdAt: '' }] = (await list({ endpointId })).items;
    expect(idsOf(await list({ endpointId, from: createdAt }))).toEqual([id]);
    expect(idsOf(await list({ endpointId, to: createdAt }))).toEqual([]);
    expect((await test.call('GET', `/api/v1/deliveries?from=${createdAt}`)).status).toBe(200);
  });

  it('200: page by page each once, though all are of one moment and of different states and types', async () => {
    const { id: endpointId } = await newEndpoint(test.api);
    const made: MadeDelivery[] = [];
    for (let n = 0; n < 4; n++) made.push(await newDelivery(test.api, endpointId));
    for (const { userId } of made)
      await change(test.api, 'unblock', userId, { body: { triggerWebhook: true } });
    const all = idsOf(await list({ endpointId }));
    expect(all).toHaveLength(8);
    for (const [at, state] of (['dead', 'delivered', 'skipped'] as const).entries()) {
      await finish(test.api, all[at * 2] ?? '', state);
    }
    await forgetType(all[3] ?? '');
    await database().query(
      sql`UPDATE deliveries SET created_at = ${new Date('2026-11-01T12:00:00Z')} WHERE target = ${endpointId}`,
    );
    for (const query of [{ endpointId }, { endpointId, from: '2026-11-01T12:00:00Z' }]) {
      const seen: string[] = [];
      let cursor: string | null = null;
      do {
        const page: DeliveryPage = await list({ ...query, limit: 3, ...(cursor === null ? {} : { cursor }) });
        seen.push(...idsOf(page));
        cursor = page.next;
      } while (cursor !== null);
      expect(seen).toEqual([...all].sort().reverse());
    }
  });

  it('200: a row of the version before, which does not know its type, is found by it all the same', async () => {
    const { id, userId, endpointId } = await newEndpointDelivery(test.api);
    await forgetType(id);
    for (const query of [{ endpointId }, { userId }]) {
      const { items } = await list({ ...query, eventType: 'user.blocked' });
      expect(items.find((item) => item.id === id)).toMatchObject({ eventType: 'user.blocked', sequence: 1 });
      expect(idsOf(await list({ ...query, eventType: 'user.unblocked' }))).toEqual([]);
    }
  });

  it('200: shows no address and no reason, and of an erased user ids alone (I7)', async () => {
    const { id, userId } = await newEndpointDelivery(test.api);
    await done(test.api, 'DELETE', `/api/v1/users/${userId}`, { permanent: true, triggerWebhook: true });
    const page = await list({ userId });
    expect(idsOf(page)).toContain(id);
    expect(JSON.stringify(page)).not.toMatch(/eve@|Spam/);
    expect((await test.call('GET', `/api/v1/users/${userId}/deliveries`)).status).toBe(404);
  });

  it('200: whom nothing was sent to or about has an empty list', async () => {
    const { id } = await newUser(test.api);
    expect(await list({ userId: id })).toEqual({ items: [], next: null });
  });

  it.each([
    ['from=2026-02-30T00:00:00Z', '/query/from'],
    ['to=9999-01-01T00:00:00Z', '/query/to'],
    ['state=lost', '/query/state'],
    ['eventType=user.*', '/query/eventType'],
    ['endpointId=101', '/query/endpointId'],
    ['userId=0', '/query/userId'],
    ['limit=201', '/query/limit'],
    ['cursor=e30', '/query/cursor'],
  ])('400: %s names the parameter (I8)', async (query, pointer) => {
    const { status, body } = await test.call('GET', `/api/v1/deliveries?${query}`);
    expect([status, body]).toMatchObject([400, { errors: [{ pointer }] }]);
  });
});
