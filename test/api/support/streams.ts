import type { components } from '../../../src/http/contract.generated';
import { sql } from '../../../src/database/sql';
import { SecurityEventStream } from '../../../src/security-events/security-event-stream.entity';
import type { TestApi } from '../../support/test-api';

export type StreamBody = components['schemas']['SecurityEventStream'];
type CreateStream = components['schemas']['CreateSecurityEventStream'];

export const STREAMS = '/ssf/streams';
export const PUSH = { method: 'urn:ietf:rfc:8935', endpoint_url: 'http://127.0.0.1:9/events' } as const;
export const POLL = { method: 'urn:ietf:rfc:8936' } as const;
export const SESSION_REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

/** A receiver: a client of its own, since each has one stream at most. */
export interface Receiver {
  clientId: string;
  token: string;
}

let receivers = 0;

export async function newReceiver(api: TestApi, scope = 'ssf.read ssf.manage'): Promise<Receiver> {
  const clientId = `receiver-${++receivers}`;
  return { clientId, token: await api.issuer.sign({ sub: clientId, client_id: clientId, scope }) };
}

/** The stream of a new receiver. */
export async function newStream(
  api: TestApi,
  body: CreateStream = {},
): Promise<Receiver & { stream: StreamBody; streamId: string }> {
  const receiver = await newReceiver(api);
  const answer = await api.call('POST', STREAMS, { body, token: receiver.token });
  const stream: StreamBody = answer.body;
  if (answer.status !== 201) throw new Error(`POST ${STREAMS}: ${answer.status} ${JSON.stringify(stream)}`);
  return { ...receiver, stream, streamId: stream.stream_id };
}

/** A stream's row with everything that it must have. */
export const streamRow = (more: Partial<SecurityEventStream> & { id: string }): SecurityEventStream => ({
  clientId: 'admin',
  method: 'poll',
  endpointUrl: null,
  authorizationHeader: null,
  eventsRequested: null,
  description: null,
  status: 'enabled',
  statusReason: null,
  statusChangedAt: null,
  failingSince: null,
  slowedUntil: null,
  verifiedAt: null,
  polledAt: null,
  version: 1,
  createdAt: new Date(),
  updatedAt: null,
  ...more,
});

/** What the contract's examples about streams name. */
export const EXAMPLE_STREAM = '01a1fdda-88a8-7b1e-8c52-4e9d1f3a7b60';

/** Lets the client `admin` have this stream and no other; null for none. */
export async function placeStream(api: TestApi, id: string | null): Promise<void> {
  const { database } = api.services;
  await database.query(sql`DELETE FROM security_event_streams WHERE client_id = 'admin'`);
  if (id !== null) await database.dataSource.manager.insert(SecurityEventStream, { ...streamRow({ id }) });
}
