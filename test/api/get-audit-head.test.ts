import { compactVerify, importJWK } from 'jose';
import { sealRecords } from '../../src/audit/seal-records';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';

type Head = components['schemas']['AuditHead'];

describeOperation('getAuditHead', {}, (test) => {
  const head = async (): Promise<Head> => {
    const { status, body } = await test.call('GET', '/api/v1/audit-records/head');
    expect(status).toBe(200);
    return body;
  };

  it('200: before anything is chained', async () => {
    expect(await head()).toMatchObject({ position: 0, chainHash: '' });
  });

  it('200: signed, so that anybody can check it who knows the public key (RFC 7515, RFC 8037)', async () => {
    const sealed = await sealRecords(test.api.services.database, test.api.services.keyring);
    const { signature, publicKey, ...rest } = await head();
    expect(rest.position).toBe(sealed);
    const { payload } = await compactVerify(signature, await importJWK(publicKey, 'EdDSA'));
    expect(JSON.parse(Buffer.from(payload).toString('utf8'))).toEqual(rest);
    // The same key each time, or nobody could compare.
    expect((await head()).publicKey).toEqual(publicKey);
  });

  it('400: it takes no parameters (I8)', async () => {
    expect((await test.call('GET', '/api/v1/audit-records/head?position=1')).status).toBe(400);
  });
});
