import { createLocalJWKSet, decodeProtectedHeader, type JSONWebKeySet, jwtVerify } from 'jose';
import type { components } from '../../src/http/contract.generated';
import { newStream, owe } from '../security-events/stream-fixtures';
import { describeOperation } from './support/describe-operation';
import { clientToken, type ProblemBody } from './support/fixtures';
import { rowsOf } from './support/tables';

type Rotated = components['schemas']['SigningKeysRotated'];
type Polled = components['schemas']['PolledSecurityEvents'];

const ROTATE = '/api/v1/signing-keys/rotate';
const DAY_MS = 86_400_000;

describeOperation('rotateSigningKeys', {}, (test) => {
  const rotate = async (body?: object): Promise<Rotated> => {
    const answer = await test.call('POST', ROTATE, { body });
    expect(answer.status).toBe(200);
    return answer.body;
  };
  const jwks = async () => (await test.call('GET', '/jwks.json')).body as JSONWebKeySet;
  const published = async () => (await jwks()).keys.map(({ kid }) => kid);
  const signer = async () => {
    const token = await test.api.services.signingKeys.sign({ jti: '7' }, { typ: 'secevent+jwt' });
    return decodeProtectedHeader(token).kid;
  };
  const audited = async () =>
    (await rowsOf(test.api.services.database, 'audit_records')).filter(
      ({ action, outcome }) => action === 'signing_keys.rotate' && outcome === 'done',
    );
  afterEach(() => (test.api.clock.shiftMs = 0));

  it('200: the next key is published at once and signs a day later; the one before is published on', async () => {
    const { key: present } = await rotate({ compromised: true });
    const { key, withdrawn } = await rotate();
    expect(withdrawn).toEqual([]);
    expect(key).toMatchObject({ state: 'next', signsUntil: null });
    expect(new Date(key.signsFrom).getTime() - new Date(key.createdAt).getTime()).toBe(DAY_MS);
    expect(await published()).toEqual([key.kid, present.kid]);
    expect(await signer()).toBe(present.kid);
    test.api.clock.shiftMs = DAY_MS + 60_000;
    const { key: following } = await rotate({ compromised: false });
    expect([await signer(), await published()]).toEqual([key.kid, [following.kid, key.kid, present.kid]]);
  });

  it('200: where a key waits already to take over it is that one; nothing changes, and nothing is recorded', async () => {
    await rotate({ compromised: true });
    const { key } = await rotate();
    const before = await audited();
    expect(await rotate()).toEqual({ key, withdrawn: [] });
    expect(await audited()).toEqual(before);
  });

  it('200: of keys that are compromised none is left: a new one signs with the answer, and the rows are gone', async () => {
    const { key: leaked } = await rotate({ compromised: true });
    const { key: next } = await rotate();
    expect(await signer()).toBe(leaked.kid);
    const { key, withdrawn } = await rotate({ compromised: true });
    expect(withdrawn).toEqual([next.kid, leaked.kid]);
    expect(key).toMatchObject({ state: 'signing', signsFrom: key.createdAt, signsUntil: null });
    expect([await signer(), await published()]).toEqual([key.kid, [key.kid]]);
    expect((await rowsOf(test.api.services.database, 'signing_keys')).map(({ kid }) => kid)).toEqual([
      key.kid,
    ]);
  });

  it('200: what was polled before is signed anew, as the same token (RFC 8936, section 2.4)', async () => {
    await rotate({ compromised: true });
    const token = await clientToken(test.api, 'ssf.read');
    const [, payload = ''] = token.split('.');
    const { sub: clientId } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sub: string };
    const { database } = test.api.services;
    const streamId = await newStream(database, { method: 'poll', clientId });
    const jti = await owe(database, streamId, { state: 'held' });
    const poll = async () => {
      const body = { returnImmediately: true };
      const answer = await test.call('POST', `/ssf/streams/${streamId}/poll`, { body, token });
      return (answer.body as Polled).sets[jti] ?? '';
    };
    const [before, again] = [await poll(), await poll()];
    expect(again).toBe(before);
    const { key } = await rotate({ compromised: true });
    const { protectedHeader, payload: claims } = await jwtVerify(
      await poll(),
      createLocalJWKSet(await jwks()),
    );
    expect([protectedHeader.kid, claims.jti]).toEqual([key.kid, jti]);
    await expect(jwtVerify(before, createLocalJWKSet(await jwks()))).rejects.toThrow();
  });

  it('200: stands in the audit trail with the keys that were published before and after, and no more (I7)', async () => {
    const { key: leaked } = await rotate({ compromised: true });
    const { key } = await rotate({ compromised: true });
    const [record] = (await audited()).slice(-1);
    expect(record).toMatchObject({ actor: 'admin', target: `signing_key:${key.kid}` });
    const trail = `/api/v1/audit-records?target=signing_key:${key.kid}`;
    const { body } = await test.call('GET', trail);
    const changes = [{ field: 'published', before: [leaked.kid], after: [key.kid] }];
    expect(body).toMatchObject({ items: [{ changedFields: ['published'], values: { changes } }] });
    expect(JSON.stringify(body)).not.toContain('private');
  });

  it('200: of several at once each has a key of its own, and one of them is left (race)', async () => {
    const rotations = await Promise.all(Array.from({ length: 6 }, () => rotate({ compromised: true })));
    const kids = rotations.map(({ key }) => key.kid);
    expect(new Set(kids).size).toBe(6);
    const left = await published();
    expect([left.length, kids]).toEqual([1, expect.arrayContaining(left)]);
    // Whatever was withdrawn was so by one of them.
    const withdrawn = rotations.flatMap((rotation) => rotation.withdrawn).filter((kid) => kids.includes(kid));
    expect(withdrawn.sort()).toEqual(kids.filter((kid) => !left.includes(kid)).sort());
    expect(await signer()).toBe(left[0]);
  });

  it('400: what it does not know, and what is no boolean (I8)', async () => {
    for (const [body, pointer] of [
      [{ compromised: 'yes' }, '/body/compromised'],
      [{ kid: 'x' }, '/body/kid'],
    ] as const) {
      const { status, body: problem } = await test.call('POST', ROTATE, { body });
      expect([status, (problem as ProblemBody).errors]).toMatchObject([400, [{ pointer }]]);
    }
  });

  it('403: system_api does not imply the scope', async () => {
    const token = await clientToken(test.api, 'system_api');
    expect((await test.call('POST', ROTATE, { token, body: {} })).status).toBe(403);
  });
});
