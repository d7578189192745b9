import { sql } from '../../src/database/sql';
import type { components } from '../../src/http/contract.generated';
import { describeOperation } from './support/describe-operation';
import { clientToken } from './support/fixtures';
import { rowsOf } from './support/tables';

type SigningKeyList = components['schemas']['SigningKeyList'];

const KEYS = '/api/v1/signing-keys';
const DAY_MS = 86_400_000;

describeOperation('listSigningKeys', {}, (test) => {
  const list = async () => {
    const { status, body } = await test.call('GET', KEYS);
    expect(status).toBe(200);
    return (body as SigningKeyList).items;
  };
  const rotate = (compromised: boolean) => test.call('POST', `${KEYS}/rotate`, { body: { compromised } });
  const published = async () => {
    const { body } = await test.call('GET', '/jwks.json');
    return (body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  afterEach(() => (test.api.clock.shiftMs = 0));

  it('200: before anybody has needed one there is none, and to look makes none', async () => {
    expect(await list()).toEqual([]);
    expect(await rowsOf(test.api.services.database, 'signing_keys')).toEqual([]);
  });

  it('200: shows the keys that are published, newest first, and when each of them signs', async () => {
    await rotate(true);
    await rotate(false);
    const [next, signing] = await list();
    expect(next).toMatchObject({ state: 'next', algorithm: 'RS256', signsUntil: null, publishedUntil: null });
    expect(signing).toMatchObject({ state: 'signing', signsUntil: next?.signsFrom });
    expect(await published()).toEqual([next?.kid, signing?.kid]);

    test.api.clock.shiftMs = 2 * DAY_MS;
    expect((await list()).map(({ kid, state }) => [kid, state])).toEqual([
      [next?.kid, 'signing'],
      [signing?.kid, 'retired'],
    ]);
    test.api.clock.shiftMs = 32 * DAY_MS;
    expect((await list()).map(({ kid }) => kid)).toEqual([next?.kid]);
  });

  it('200: says nothing of a key but its name and its times (I7)', async () => {
    await rotate(true);
    const [key] = await list();
    expect(Object.keys(key ?? {}).sort()).toEqual(
      ['algorithm', 'createdAt', 'kid', 'publishedUntil', 'signsFrom', 'signsUntil', 'state'].sort(),
    );
    const { rows } = await test.api.services.database.query(sql`SELECT private_key FROM signing_keys`);
    expect(JSON.stringify(key)).not.toContain(String(rows[0]?.private_key));
  });

  it('403: system_api does not imply the scope', async () => {
    const token = await clientToken(test.api, 'system_api');
    expect((await test.call('GET', KEYS, { token })).status).toBe(403);
  });

  it('400: it takes no parameters (I8)', async () => {
    expect((await test.call('GET', `${KEYS}?kid=1`)).status).toBe(400);
  });
});
