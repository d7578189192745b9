import { exportJWK, generateKeyPair, type JSONWebKeySet, type JWTPayload, SignJWT } from 'jose';
import type { Database } from '../../src/database/database';
import { sql } from '../../src/database/sql';
import { newUuid, Uuid } from '../../src/database/uuid';
import type { EventType } from '../../src/events/catalogue';
import type { Transmitter } from '../../src/security-events/security-event-token';

export const transmitter: Transmitter = {
  issuer: 'https://portcullis.example.com',
  subjectIssuer: 'https://idp.example.com',
  tellsReasonAdmin: false,
};

/** A key of the test's own, and what receivers verify with. */
export async function newSigner() {
  const { publicKey, privateKey } = await generateKeyPair('RS256');
  const jwks: JSONWebKeySet = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k', alg: 'RS256' }] };
  const sign = (claims: JWTPayload, { typ }: { typ: string }) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'RS256', kid: 'k', typ }).sign(privateKey);
  return { jwks, sign };
}

export interface StreamSeed {
  clientId?: string;
  method?: 'push' | 'poll';
  endpointUrl?: string;
  authorizationHeader?: (id: string) => string;
  eventsRequested?: readonly string[];
  status?: 'enabled' | 'paused' | 'disabled';
  /** Milliseconds from now, as the others. */
  createdInMs?: number;
  polledInMs?: number;
  failingInMs?: number;
}

export async function newStream(database: Database, seed: StreamSeed = {}): Promise<string> {
  const id = newUuid();
  const at = (ms: number | undefined) => (ms === undefined ? null : new Date(Date.now() + ms));
  const events = seed.eventsRequested ? JSON.stringify(seed.eventsRequested) : null;
  await database.query(sql`INSERT INTO security_event_streams (id, client_id, method, endpoint_url,
    authorization_header, events_requested, status, polled_at, failing_since, version, created_at)
    VALUES (${new Uuid(id)}, ${seed.clientId ?? `client-${id}`}, ${seed.method ?? 'push'},
    ${seed.endpointUrl ?? null}, ${seed.authorizationHeader?.(id) ?? null}, ${events}, ${seed.status ?? 'enabled'},
    ${at(seed.polledInMs)}, ${at(seed.failingInMs)}, 1, ${at(seed.createdInMs ?? 0)})`);
  return id;
}

export interface OwedSeed {
  userId?: number | null;
  sequence?: number | null;
  type?: EventType;
  state?: string;
  data?: Record<string, unknown>;
  /** Milliseconds from now. */
  createdInMs?: number;
}

/** An event that a stream is owed; answers the delivery's id, which is the token's `jti`. */
export async function owe(database: Database, target: string, seed: OwedSeed = {}): Promise<string> {
  const [id, eventId] = [newUuid(), newUuid()];
  const { userId = 101, sequence = 1, type = 'user.blocked', state = 'pending' } = seed;
  const at = new Date(Date.now() + (seed.createdInMs ?? 0));
  const payload = JSON.stringify({ type, data: { userId, uid: `uid-${userId}`, sequence, ...seed.data } });
  await database.transaction((tx) => {
    tx.write(sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
      VALUES (${new Uuid(eventId)}, ${userId}, ${sequence}, ${type}, 1, ${payload}, ${at})`);
    tx.write(sql`INSERT INTO deliveries (id, event_id, event_type, user_id, sequence, channel, target, state,
      attempts, next_attempt_at, created_at) VALUES (${new Uuid(id)}, ${new Uuid(eventId)}, ${type}, ${userId},
      ${sequence}, 'security_event', ${target}, ${state}, 0, ${at}, ${at})`);
    return Promise.resolve();
  });
  return id;
}
