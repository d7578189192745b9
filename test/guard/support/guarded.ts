import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import {
  createGuard,
  type Guard,
  type GuardedRequest,
  type GuardEvent,
  type GuardOptions,
} from '../../../guard';
import type { TestIssuer } from '../../support/test-issuer';

/** The resource servers of these tests, not Portcullis. */
export const RESOURCE = 'https://orders.example.com';

export interface Guarded {
  guard: Guard;
  events: GuardEvent[];
  /** What its Express server answers to a request with this token. */
  get(token?: string, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** Moves what the guard takes for the time; what is measured goes on by itself. */
export interface ShiftedClock {
  monotonicMs: number;
  wallMs: number;
}

export const noShift = (): ShiftedClock => ({ monotonicMs: 0, wallMs: 0 });

export interface GuardedOptions extends Partial<GuardOptions> {
  issuerOf: TestIssuer;
  shift?: ShiftedClock;
}

/** A resource server: Express with the guard mounted, as its owner would have it. */
export async function startGuarded({
  issuerOf,
  shift = noShift(),
  ...options
}: GuardedOptions): Promise<Guarded> {
  const { issuer, tokenUrl, clients } = issuerOf;
  const events: GuardEvent[] = [];
  const guard = createGuard({
    issuer,
    audience: RESOURCE,
    api: 'http://127.0.0.1:1',
    token: {
      tokenUrl,
      clientId: clients.admin.clientId,
      clientSecret: clients.admin.clientSecret,
      scope: 'system_api',
    },
    leaseMs: 5_000,
    onEvent: (event) => events.push(event),
    clock: {
      monotonic: () => performance.now() + shift.monotonicMs,
      wall: () => Date.now() + shift.wallMs,
    },
    ...options,
  });
  const app = express();
  app.use(guard.middleware);
  app.get('/', (request, response) => {
    response.json((request as GuardedRequest).auth);
  });
  const server: Server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  return {
    guard,
    events,
    get: (token, headers) =>
      fetch(url, {
        headers: { ...(token === undefined ? {} : { authorization: `Bearer ${token}` }), ...headers },
      }),
    async close() {
      guard.close();
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** A user's token of the issuer, good unless the claims say otherwise. */
export const userToken = (
  issuer: TestIssuer,
  claims: Record<string, unknown> = {},
  header?: Record<string, unknown>,
): Promise<string> => issuer.sign({ aud: RESOURCE, sub: 'ada', ...claims }, header);

export const seconds = (offset = 0): number => Math.floor(Date.now() / 1000) + offset;
