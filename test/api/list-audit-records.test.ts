import { sql } from '../../src/database/sql';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change, clientToken, newEndpoint, newUser } from './support/fixtures';

type Page = components['schemas']['AuditRecordPage'];

describeOperation('listAuditRecords', {}, (test) => {
  const list = async (query: Record<string, string>): Promise<Page> => {
    const { status, body } = await test.call(
      'GET',
      `/api/v1/audit-records?${String(new URLSearchParams(query))}`,
    );
    expect(status).toBe(200);
    return body;
  };

  it('200: says who did what to whom, what was before and what is after', async () => {
    const { id } = await newUser(test.api);
    await change(test.api, 'block', id, {
      body: { suspensionReason: 'Spam', reasonForUser: 'Advertisements', blockedByUserId: 9001 },
    });
    const { items } = await list({ userId: String(id) });
    expect(items.map(({ action }) => action)).toEqual(['user.block', 'user.create']);
    expect(items[0]).toMatchObject({
      actor: 'admin',
      clientId: 'admin',
      target: `user:${id}`,
      userId: id,
      outcome: 'done',
      code: null,
      position: null,
      sealed: true,
      values: { address: '127.0.0.1', onBehalfOfUserId: 9001 },
    });
    const changes = new Map(
      items[0]?.values?.changes.map(({ field, before, after }) => [field, [before, after]]),
    );
    expect(changes.get('accessEpoch')).toEqual([1, 2]);
    expect(changes.get('reason')).toEqual([null, 'Spam']);
    expect(changes.get('reasonForUser')).toEqual([null, 'Advertisements']);
    expect(items[0]?.requestId).toEqual(expect.any(String));
  });

  it('200: newest first, page by page, each record once', async () => {
    for (let count = 0; count < 5; count++) await newUser(test.api);
    const all = (await list({ limit: '200' })).items.map(({ id }) => id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Page = await list({ limit: '3', ...(cursor === null ? {} : { cursor }) });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.next;
    } while (cursor !== null);
    expect(seen).toEqual(all);
  });

  it('200: finds by actor, action, target, user, outcome and time', async () => {
    const { id, createdAt } = await newUser(test.api);
    const stranger = await clientToken(test.api, 'users:read');
    await test.api.call('PATCH', `/api/v1/users/${id}/block`, { token: stranger });
    await test.api.call('DELETE', `/api/v1/users/${id}/sessions`);
    const user = { userId: String(id) };
    const actions = async (query: Record<string, string>) =>
      (await list({ ...user, ...query })).items.map(({ action, outcome }) => `${action} ${outcome}`);
    expect(await actions({ actor: 'client-7' })).toEqual(['user.block refused']);
    expect(await actions({ outcome: 'refused' })).toEqual(['user.block refused']);
    expect(await actions({ action: 'sessions.revoke' })).toEqual(['sessions.revoke done']);
    expect(await actions({ target: `user:${id}`, actor: 'admin' })).toEqual([
      'sessions.revoke done',
      'user.create done',
    ]);
    expect(await actions({ target: 'user:7' })).toEqual([]);
    expect(await actions({ to: createdAt })).toEqual([]);
    expect(await actions({ from: createdAt })).toHaveLength(3);
    expect((await list({ action: 'user.block', actor: 'nobody' })).items).toEqual([]);
  });

  it('200: no secret stands in a record, nor a token (I7)', async () => {
    const { secret } = await newEndpoint(test.api);
    const text = JSON.stringify(await list({ limit: '200' }));
    expect(text).toContain('webhook_endpoint.create');
    expect(text).not.toContain(secret);
    expect(text).not.toMatch(/whsec_|eyJ/);
  });

  it('200: a record that was altered is shown as one', async () => {
    const { id } = await newUser(test.api);
    const { database } = test.api.services;
    await database.query(sql`UPDATE audit_records SET actor = 'mallory' WHERE target = ${`user:${id}`}`);
    const { items } = await list({ userId: String(id) });
    expect(items).toMatchObject([{ actor: 'mallory', sealed: false }]);
  });

  it('400: a filter that is none (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/audit-records?outcome=perhaps');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/query/outcome' }] });
  });
});
