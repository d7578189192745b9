import type { ServerResponse } from 'node:http';
import { createLocalJWKSet, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose';
import type { components } from '../../src/http/contract.generated';
import { createUser } from '../invariants/support/calls';
import {
  type Platform,
  startPlatform,
  type TestApiProcess,
  type TestProcess,
  waitFor,
} from '../support/processes';
import { startWebhookReceiver, type WebhookReceiver } from '../webhooks/webhook-receiver';

jest.setTimeout(120_000);

type Stream = components['schemas']['SecurityEventStream'];
type Polled = components['schemas']['PolledSecurityEvents'];

const ISSUER = 'https://portcullis.test';

describe('security events, through real processes', () => {
  let platform: Platform;
  let apis: [TestApiProcess, TestApiProcess];
  let worker: TestProcess;
  let receiver: WebhookReceiver;
  let answer: (response: ServerResponse) => void = (response) => void response.writeHead(202).end();

  beforeAll(async () => {
    platform = await startPlatform({ WEBHOOK_TIMEOUT: '2' });
    receiver = await startWebhookReceiver((response) => answer(response));
    apis = await Promise.all([platform.startApi(), platform.startApi()]);
    worker = await platform.startWorker();
  });
  afterAll(async () => {
    await receiver.close();
    await platform.close();
  });

  const newStream = async (clientId: string, delivery: object) => {
    const scope = 'ssf.read ssf.manage';
    const token = await platform.issuer.sign({ sub: clientId, client_id: clientId, scope });
    const { status, body } = await apis[0].call('POST', '/ssf/streams', { token, body: { delivery } });
    expect(status).toBe(201);
    return { token, stream: body as Stream };
  };
  const block = async (id: number) => {
    const { status } = await apis[0].call('PATCH', `/api/v1/users/${id}/block`, { body: {} });
    expect(status).toBe(204);
  };
  /** By the keys that the other process publishes. */
  const verify = async (token: string, audience: string): Promise<JWTPayload> => {
    const { body } = await apis[1].call('GET', '/jwks.json');
    const options = { issuer: ISSUER, audience, typ: 'secevent+jwt' };
    return (await jwtVerify(token, createLocalJWKSet(body as JSONWebKeySet), options)).payload;
  };
  const namesOf = ({ events }: JWTPayload) =>
    Object.keys(events as object).map((uri) => uri.split('/').at(-1));

  it('I4, I5: a push whose worker dies is made again by another, the same and in order', async () => {
    const clientId = 'pushed';
    await newStream(clientId, { method: 'urn:ietf:rfc:8935', endpoint_url: receiver.url });
    answer = () => undefined;
    const { id } = await createUser(apis[0].call);
    await block(id);
    await waitFor(() => receiver.received[0], 'the first attempt');
    worker.kill('SIGKILL');
    await worker.ended;
    answer = (response) => void response.writeHead(202).end();
    worker = await platform.startWorker();
    await waitFor(() => (receiver.received.length >= 3 ? true : undefined), 'both tokens', 60_000);
    const tokens = await Promise.all(receiver.received.map(({ body }) => verify(body.toString(), clientId)));
    expect(tokens.map(namesOf).flat()).toEqual(['account-disabled', 'account-disabled', 'session-revoked']);
    expect(tokens[1]).toEqual(tokens[0]);
    expect(tokens[2]?.txn).toBe(tokens[0]?.txn);
  });

  it('a poll that waits at one process is answered by what happens at another, and when its own ends', async () => {
    const clientId = 'polled';
    const { token, stream } = await newStream(clientId, { method: 'urn:ietf:rfc:8936' });
    const path = `/ssf/streams/${stream.stream_id}/poll`;
    expect(stream.delivery.endpoint_url).toBe(`${ISSUER}${path}`);
    const poll = async (body: object) => (await apis[1].call('POST', path, { token, body })).body as Polled;

    const waiting = poll({});
    const { id } = await createUser(apis[0].call);
    await block(id);
    const { sets } = await waiting;
    const tokens = await Promise.all(Object.values(sets).map((text) => verify(text, clientId)));
    expect(tokens.map(namesOf).flat()).toContain('account-disabled');
    await poll({ ack: Object.keys(sets), returnImmediately: true });

    const begun = performance.now();
    const last = poll({});
    // It has come there by then.
    await apis[1].call('GET', '/jwks.json');
    apis[1].kill('SIGTERM');
    await last;
    expect(await apis[1].ended).toBe(0);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });
});
