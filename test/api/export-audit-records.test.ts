import { sealRecords } from '../../src/audit/seal-records';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change } from './support/fixtures';

type Line = components['schemas']['ChainedAuditRecord'];

describeOperation('exportAuditRecords', {}, (test) => {
  const exported = async (query = ''): Promise<Line[]> => {
    const { status, body } = await test.call('GET', `/api/v1/audit-records/export${query}`);
    expect(status).toBe(200);
    return body;
  };
  const seal = () => sealRecords(test.api.services.database, test.api.services.keyring);

  it('200: every chained record, oldest first, with what the chain holds of it; resumable behind any of them', async () => {
    for (let count = 0; count < 5; count++) await change(test.api, 'block', 101);
    await seal();
    await change(test.api, 'unblock', 101);
    const all = await exported();
    const positions = all.map(({ record }) => record.position);
    expect(positions.length).toBeGreaterThan(5);
    expect(positions).toEqual(positions.map((_, index) => index + 1));
    expect(all.at(-1)?.record.action).toBe('user.block');
    expect(all.at(-1)?.record.values?.address).toBe('127.0.0.1');
    expect(await exported('?after=3')).toEqual(all.slice(3));
    expect(await exported(`?after=${positions.length}`)).toEqual([]);
    expect(await exported('?after=9007199254740991')).toEqual([]);
    // What came since is behind it.
    await seal();
    const [later] = await exported(`?after=${positions.length}`);
    expect(later?.record.action).toBe('user.unblock');
  });

  it('200: more than fits into one batch, a batch at a time', async () => {
    for (let count = 0; count < 520; count++) await change(test.api, 'block', 101);
    while ((await seal()) > 0);
    const all = await exported();
    expect(all.length).toBeGreaterThan(520);
    expect(new Set(all.map(({ record }) => record.id)).size).toBe(all.length);
  });

  it('400: a position that is none (I8)', async () => {
    const { status, body } = await test.call('GET', '/api/v1/audit-records/export?after=-1');
    expect(status).toBe(400);
    expect(body).toMatchObject({ errors: [{ pointer: '/query/after' }] });
  });
});
