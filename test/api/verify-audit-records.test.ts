import { sealRecords } from '../../src/audit/seal-records';
import { sql } from '../../src/database/sql';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { change } from './support/fixtures';

type Verification = components['schemas']['AuditVerification'];
type Head = components['schemas']['AuditHead'];

describeOperation('verifyAuditRecords', {}, (test) => {
  const verify = async (query = ''): Promise<Verification> => {
    const { status, body } = await test.call('GET', `/api/v1/audit-records/verification${query}`);
    expect(status).toBe(200);
    return body;
  };
  const seal = () => sealRecords(test.api.services.database, test.api.services.keyring);

  it('200: a piece at a time to the end, which an exported head is held against', async () => {
    for (let count = 0; count < 6; count++) await change(test.api, 'block', 101);
    await seal();
    const head: Head = (await test.api.call('GET', '/api/v1/audit-records/head')).body;
    const query = `?limit=3&head=${head.signature}`;
    let piece = await verify(query);
    expect(piece).toEqual({ verifiedFrom: 1, verifiedTo: 3, next: 3, broken: null });
    while (piece.next !== null) piece = await verify(`${query}&after=${piece.next}`);
    expect(piece).toMatchObject({ verifiedTo: head.position, broken: null });
    expect(await verify()).toMatchObject({ verifiedTo: head.position, next: null, broken: null });
  });

  it('200: names the first broken record', async () => {
    await test.api.services.database.query(
      sql`UPDATE audit_records SET actor = 'mallory' WHERE position = 2`,
    );
    const { broken, next, verifiedTo } = await verify();
    expect([verifiedTo, next]).toEqual([1, null]);
    expect(broken).toMatchObject({ position: 2, recordId: expect.any(String) as string, what: 'content' });
  });

  it('400: a head that somebody else signed, and positions that are none (I8)', async () => {
    const refused = async (query: string) => {
      const { status, body } = await test.call('GET', `/api/v1/audit-records/verification?${query}`);
      return { status, ...(body as object) };
    };
    for (const [query, pointer] of [
      ['head=a.b.c', '/query/head'],
      ['head=abc', '/query/head'],
      ['after=-1', '/query/after'],
      ['limit=1001', '/query/limit'],
    ]) {
      expect(await refused(query ?? '')).toMatchObject({ status: 400, errors: [{ pointer }] });
    }
  });
});
