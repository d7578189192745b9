import { clientToken, newSession, newUser, type SessionBody } from '../../api/support/fixtures';
import { introspect, isTokenActive, sessionToken } from '../../api/support/user-tokens';
import { startTestApi, type TestApi } from '../../support/test-api';

const [ORDERS, BILLING, ELSEWHERE] = ['urn:orders', 'urn:billing', 'urn:elsewhere'];

let api: TestApi;
let session: SessionBody;
beforeAll(async () => {
  api = await startTestApi({
    EPOCH_CLAIM: 'https://id.example.com/epoch',
    INTROSPECTION_AUDIENCES: `${ORDERS}, ${BILLING}`,
    INTROSPECTION_CLIENTS: `client-7=${ORDERS}, both=${BILLING} ${ORDERS}`,
  });
  const { id } = await newUser(api, { uid: 'ada' });
  session = await newSession(api, id);
});
afterAll(() => api.close());

const tokenFor = (aud: string | string[], claims: object = {}) =>
  sessionToken(api, 'ada', session, { aud, epoch: undefined, ...claims });

describe('I7: who may ask about a token', () => {
  it('with system_api: whoever is meant for one of the audiences, and nobody else', async () => {
    const active = async (aud: string | string[]) => isTokenActive(api.call, await tokenFor(aud));
    expect(await Promise.all([ORDERS, BILLING, [ELSEWHERE, BILLING]].map(active))).toEqual([
      true,
      true,
      true,
    ]);
    // Our own audience is one of them only where it is named.
    expect(await Promise.all([ELSEWHERE, [ELSEWHERE], api.issuer.audience].map(active))).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('with tokens:introspect alone: what is meant for the audiences of the client; else nothing is told', async () => {
    const ask = async (client: string, aud: string | string[]) => {
      const claims = { sub: client, client_id: client, scope: 'tokens:introspect' };
      const { body } = await introspect(api.call, await tokenFor(aud), await api.issuer.sign(claims));
      return body as { active: boolean };
    };
    expect(await ask('client-7', ORDERS)).toMatchObject({ active: true, sub: 'ada' });
    expect(await ask('client-7', [BILLING, ORDERS])).toMatchObject({ active: true });
    expect(await ask('client-7', BILLING)).toEqual({ active: false });
    expect(await ask('both', BILLING)).toMatchObject({ active: true });
    expect(await ask('both', ELSEWHERE)).toEqual({ active: false });
    expect(await ask('stranger', ORDERS)).toEqual({ active: false });
  });

  it('an audience does not replace the scope', async () => {
    const caller = await clientToken(api, 'sessions:read');
    expect((await introspect(api.call, await tokenFor(ORDERS), caller)).status).toBe(403);
  });
});

it('the epoch is the claim that EPOCH_CLAIM names', async () => {
  const token = (epoch: unknown) =>
    tokenFor(ORDERS, { sid: undefined, 'https://id.example.com/epoch': epoch });
  expect((await introspect(api.call, await token(1))).body).toMatchObject({ active: true, epoch: 1 });
  expect(await isTokenActive(api.call, await token(0))).toBe(false);
});
