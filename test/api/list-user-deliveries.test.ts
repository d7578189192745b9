import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, newEndpoint, newUser } from './support/fixtures';

type Page = components['schemas']['DeliveryPage'];

const missing = { path: '/api/v1/users/102/deliveries', code: 'user.not_found' };

describeOperation('listUserDeliveries', { missing }, (test) => {
  const list = async (id: number, query = ''): Promise<Page> =>
    (await test.call('GET', `/api/v1/users/${id}/deliveries${query}`)).body;

  it('200: each webhook and e-mail about the user, newest first, page by page', async () => {
    const [first, second] = [await newEndpoint(test.api), await newEndpoint(test.api)];
    const { id } = await newUser(test.api);
    const both = { triggerWebhook: true, notifyUserViaEmail: true };
    const blocked = await change(test.api, 'block', id, { body: both });
    const unblocked = await change(test.api, 'unblock', id, { body: both });
    const { items } = await list(id);
    expect(items).toHaveLength(6);
    expect(items.map(({ eventType }) => eventType)).toEqual([
      ...Array<string>(3).fill('user.unblocked'),
      ...Array<string>(3).fill('user.blocked'),
    ]);
    expect(new Set(items.map(({ eventId }) => eventId))).toEqual(
      new Set([blocked.eventId, unblocked.eventId]),
    );
    const targets = items.map(({ channel, target }) => `${channel} ${target}`);
    expect([...new Set(targets)].sort()).toEqual(
      [`email ${id}`, `webhook ${first.id}`, `webhook ${second.id}`].sort(),
    );
    for (const item of items) expect(item).toMatchObject({ state: 'pending', attempts: 0, finishedAt: null });

    const seen: string[] = [];
    let next: string | null = null;
    do {
      const page = await list(id, `?limit=2${next === null ? '' : `&cursor=${next}`}`);
      seen.push(...page.items.map((item) => item.id));
      next = page.next;
    } while (next !== null);
    expect(seen).toEqual(items.map((item) => item.id));
  });

  it('200: shows no address and no reason (I7)', async () => {
    const { id } = await newUser(test.api, { email: 'hidden@example.com' });
    await change(test.api, 'block', id, { body: { notifyUserViaEmail: true, suspensionReason: 'Spam' } });
    expect(JSON.stringify(await list(id))).not.toMatch(/hidden|Spam/);
  });

  it('200: a user about whom nothing was sent has an empty list', async () => {
    expect(await list(101)).toEqual({ items: [], next: null });
  });

  it('400: a limit of 201 names it (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/users/101/deliveries?limit=201');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/query/limit' }] });
  });
});
