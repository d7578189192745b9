import { insertEntries } from '../../src/block-lists/entry-queries';
import { blockListOf, idsOn } from './support/block-lists';
import { describeOperation } from './support/describe-operation';
import { done, newUser, type ProblemBody } from './support/fixtures';
import { snapshotOf } from './support/tables';

const missing = { path: `${blockListOf(101)}/999`, code: 'user.not_found' };

describeOperation('addBlockListEntry', { missing }, (test) => {
  const newId = async () => (await newUser(test.api)).id;
  const put = (ownerId: number, otherId: number, headers = {}) =>
    test.call('PUT', `${blockListOf(ownerId)}/${otherId}`, { headers });
  const refusedAs = async (ownerId: number, otherId: number, headers = {}) => {
    const before = await snapshotOf(test.api.services.database);
    const { status, body } = await put(ownerId, otherId, headers);
    expect(await snapshotOf(test.api.services.database)).toEqual(before);
    return [status, (body as ProblemBody).code];
  };

  it('204: she is on the list', async () => {
    const [owner, other] = [await newId(), await newId()];
    expect((await put(owner, other)).status).toBe(204);
    expect(await idsOn(test.api, owner)).toEqual([other]);
  });

  it('409: who is there already, herself, and one more than the 1,000 that a list may hold; nothing changes', async () => {
    const [owner, other] = [await newId(), await newId()];
    await put(owner, other);
    expect(await refusedAs(owner, other)).toEqual([409, 'block_list.already_blocked']);
    expect(await refusedAs(owner, owner)).toEqual([409, 'block_list.self']);
    const crowd = Array.from({ length: 998 }, (_, index) => index + 1);
    await test.api.services.database.query(insertEntries(owner, crowd, new Date()));
    const [last, tooMany] = [await newId(), await newId()];
    expect((await put(owner, last)).status).toBe(204);
    expect(await refusedAs(owner, tooMany)).toEqual([409, 'block_list.full']);
    await done(test.api, 'DELETE', `${blockListOf(owner)}/${other}`);
    expect((await put(owner, tooMany)).status).toBe(204);
  });

  it('409: a repeat by its key is refused as the first was, though she has been taken off by then', async () => {
    const [owner, other] = [await newId(), await newId()];
    const headers = { 'idempotency-key': 'a key of hers' };
    await put(owner, other);
    expect((await put(owner, other, headers)).status).toBe(409);
    await done(test.api, 'DELETE', `${blockListOf(owner)}/${other}`);
    const repeated = await put(owner, other, headers);
    expect([repeated.status, repeated.headers.get('idempotency-replayed')]).toEqual([409, 'true']);
    expect(await idsOn(test.api, owner)).toEqual([]);
  });

  it('404: for a deactivated user, as for one who is not there; nothing changes', async () => {
    const [owner, other] = [await newId(), await newId()];
    await done(test.api, 'DELETE', `/api/v1/users/${other}`);
    expect(await refusedAs(owner, other)).toEqual([404, 'user.not_found']);
  });

  it('400: an id beyond 2^53 - 1 is refused by name (I8)', async () => {
    const { status, body } = await test.call('PUT', `${blockListOf(101)}/9999999999999999`);
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/path/blockedUserId' }] });
  });
});
