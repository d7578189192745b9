import { type JSONWebKeySet, createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { toInteger } from '../../src/database/decode';
import { sql, type Statement } from '../../src/database/sql';
import type { components } from '../../src/http/contract.generated';
import { createUser, signIn } from '../invariants/support/calls';
import { type Platform, startPlatform, type TestApiProcess, waitFor } from '../support/processes';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';

jest.setTimeout(120_000);

type Polled = components['schemas']['PolledSecurityEvents'];
type Rotated = components['schemas']['SigningKeysRotated'];

/** A process that has not heard of a withdrawal knows of it after this. */
const KNOWN_BY_ALL_MS = 1_000;

interface Received {
  token: string;
  kid: string;
}

describe('keys that are compromised, through real processes', () => {
  let platform: Platform;
  let apis: [TestApiProcess, TestApiProcess];
  let receiver: WebhookReceiver;
  let status = 503;
  const received: Received[] = [];

  beforeAll(async () => {
    platform = await startPlatform({ WEBHOOK_TIMEOUT: '2' });
    receiver = await startWebhookReceiver((response, { headers, body }) => {
      const text = body.toString();
      const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
      const token = isForm ? (new URLSearchParams(text).get('logout_token') ?? '') : text;
      received.push({ token, kid: decodeProtectedHeader(token).kid ?? '' });
      response.writeHead(status).end();
    });
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
    await platform.startWorker();
  });
  afterAll(async () => {
    await receiver.close();
    await platform.close();
  });

  const tokenOf = (clientId: string, scope: string) =>
    platform.issuer.sign({ sub: clientId, client_id: clientId, scope });
  const newStream = async (token: string, delivery: object) => {
    const { status: made, body } = await apis[0].call('POST', '/ssf/streams', { token, body: { delivery } });
    expect(made).toBe(201);
    return (body as { stream_id: string }).stream_id;
  };
  const jwksOf = async (api: TestApiProcess) =>
    (await api.call('GET', '/jwks.json')).body as JSONWebKeySet & { keys: { kid: string }[] };
  const kidsOf = ({ sets }: Polled) => Object.values(sets).map((set) => decodeProtectedHeader(set).kid);
  const block = async (id: number) =>
    expect((await apis[0].call('PATCH', `/api/v1/users/${id}/block`)).status).toBe(204);
  /** With a session, so that the logout client hears of its end. */
  const newUser = async () => {
    const { id } = await createUser(apis[0].call);
    await signIn(apis[0].call, id);
    return id;
  };

  it('sign nothing any more: no push, poll, logout or introspection, whatever was signed and not taken before', async () => {
    const [pushed, polling] = [
      await tokenOf('pushed', 'ssf.manage'),
      await tokenOf('polling', 'ssf.read ssf.manage'),
    ];
    await newStream(pushed, { method: 'urn:ietf:rfc:8935', endpoint_url: receiver.url });
    const streamId = await newStream(polling, { method: 'urn:ietf:rfc:8936' });
    const client = { clientId: 'web', logoutUri: receiver.url };
    expect((await apis[0].call('POST', '/api/v1/logout-clients', { body: client })).status).toBe(201);
    const poll = async (api: TestApiProcess): Promise<Polled> =>
      (
        await api.call('POST', `/ssf/streams/${streamId}/poll`, {
          token: polling,
          body: { returnImmediately: true },
        })
      ).body;
    const introspect = async (api: TestApiProcess) => {
      const answer = await fetch(`${api.url}/connect/introspect`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${await tokenOf('asking', 'tokens:introspect')}`,
          accept: 'application/token-introspection+jwt',
        },
        body: new URLSearchParams({ token: 'none' }),
      });
      return decodeProtectedHeader(await answer.text()).kid;
    };

    await block(await newUser());
    // Refused, so that all of it is tried again.
    await waitFor(() => (received.length >= 3 ? true : undefined), 'pushes and a logout');
    const [{ kid: leaked } = { kid: '' }] = received;
    expect(kidsOf(await poll(apis[1]))).toEqual([leaked, leaked]);
    expect(await introspect(apis[1])).toBe(leaked);

    const operator = await tokenOf('operator', 'signing_keys:manage');
    const sent = { token: operator, body: { compromised: true } };
    const answer = await apis[0].call('POST', '/api/v1/signing-keys/rotate', sent);
    const [rotatedAt, knownByAll] = [performance.now(), new Date(Date.now() + KNOWN_BY_ALL_MS)];
    const { key, withdrawn } = answer.body as Rotated;
    expect(withdrawn).toEqual([leaked]);

    await waitFor(async () => {
      const begun = performance.now();
      const kids = (await jwksOf(apis[1])).keys.map(({ kid }) => kid);
      if (kids.includes(leaked)) expect(begun - rotatedAt).toBeLessThan(KNOWN_BY_ALL_MS);
      return kids.join() === key.kid ? true : undefined;
    }, 'the other process to publish the new key alone');
    expect([kidsOf(await poll(apis[0])), kidsOf(await poll(apis[1]))]).toEqual([
      [key.kid, key.kid],
      [key.kid, key.kid],
    ]);
    expect([await introspect(apis[0]), await introspect(apis[1])]).toEqual([key.kid, key.kid]);

    status = 202;
    await block(await newUser());
    const ofNewKey = () => received.filter(({ kid }) => kid === key.kid);
    await waitFor(() => (ofNewKey().length >= 6 ? true : undefined), 'both users to be told of');
    const count = async (rowsOf: Statement) =>
      toInteger(
        (await platform.database.query(sql`SELECT COUNT(*) AS amount FROM ${rowsOf}`)).rows[0]?.amount,
      );
    const isRecorded = async () =>
      (await count(sql`delivery_attempts`)) >= received.length ? true : undefined;
    await waitFor(isRecorded, 'the records of what was received');
    // A token is signed after its attempt begins; a busy machine may be late to receive it.
    const begunInTime = await count(sql`delivery_attempts WHERE started_at <= ${knownByAll}`);
    expect(received.filter(({ kid }) => kid === leaked).length).toBeLessThanOrEqual(begunInTime);
    const published = createLocalJWKSet(await jwksOf(apis[1]));
    for (const { token } of ofNewKey()) await jwtVerify(token, published);
    for (const { token } of received.filter(({ kid }) => kid === leaked)) {
      await expect(jwtVerify(token, published)).rejects.toThrow();
    }
  });
});
