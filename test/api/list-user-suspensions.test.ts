import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, newUser } from './support/fixtures';

type Page = components['schemas']['SuspensionPage'];

const missing = { path: '/api/v1/users/102/suspensions', code: 'user.not_found' };

describeOperation('listUserSuspensions', { missing }, (test) => {
  const list = async (id: number, query = '', token?: string): Promise<Page> => {
    const { status, body } = await test.call('GET', `/api/v1/users/${id}/suspensions${query}`, { token });
    expect(status).toBe(200);
    return body;
  };

  it('200: newest first, with who, why, until when and how each ended', async () => {
    const { id } = await newUser(test.api);
    const blockedUntil = '2099-01-01T00:00:00.000Z';
    await change(test.api, 'block', id, {
      body: { suspensionReason: 'one', category: 'abuse', blockedUntil, blockedByUserId: 9001 },
    });
    await change(test.api, 'block', id, { body: { suspensionReason: 'two' } });
    await change(test.api, 'unblock', id, { body: { unblockedByUserId: 9002 } });
    await change(test.api, 'block', id);
    const { items, next } = await list(id);
    expect(next).toBeNull();
    expect(items).toMatchObject([
      { userId: id, reason: null, endedAt: null, endCause: null, endedBy: null, onBehalfOfUserId: null },
      { reason: 'two', endCause: 'unblocked', endedBy: 'admin', endedOnBehalfOfUserId: 9002 },
      {
        reason: 'one',
        category: 'abuse',
        source: 'api',
        actor: 'admin',
        onBehalfOfUserId: 9001,
        blockedUntil,
        endCause: 'replaced',
        endedBy: 'admin',
      },
    ]);
  });

  it('200: page by page, each once', async () => {
    const { id } = await newUser(test.api);
    for (let n = 0; n < 5; n++) await change(test.api, 'block', id, { body: { suspensionReason: `${n}` } });
    const first = await list(id, '?limit=3');
    const second = await list(id, `?limit=3&cursor=${first.next}`);
    expect([...first.items, ...second.items].map(({ reason }) => reason)).toEqual(['4', '3', '2', '1', '0']);
    expect(second.next).toBeNull();
  });

  it('200: users:read alone sees since when and until when, and neither why nor by whom (I7)', async () => {
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id, { body: { suspensionReason: 'secret', category: 'fraud' } });
    const { items } = await list(id, '', await clientToken(test.api, 'users:read'));
    expect(Object.keys(items[0] ?? {}).sort()).toEqual(
      ['blockedAt', 'blockedUntil', 'endCause', 'endedAt', 'id', 'userId'].sort(),
    );
  });

  it('400: a cursor of another list (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/users/101/suspensions?cursor=abc');
    expect([status, body]).toMatchObject([400, { errors: [{ pointer: '/query/cursor' }] }]);
  });
});
