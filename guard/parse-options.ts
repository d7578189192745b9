import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import type { JSONWebKeySet } from 'jose';
import { type Clock, systemClock } from './clock';
import type { ClientCredentials } from './credentials';
import type { GuardEvent } from './events';
import type { GuardOptions } from './options';
import type { Fetch } from './request';

export interface ParsedOptions {
  issuer: string;
  audience: string | string[];
  jwks: URL | JSONWebKeySet | undefined;
  api: URL;
  token: GuardOptions['token'];
  instance: string;
  leaseMs: number;
  own: { maxTokenLifetime?: number; clockSkew?: number };
  epochClaim: string;
  tokenTypes: readonly string[];
  maxRevocations: number;
  introspectionUrl: URL | null;
  onEvent: ((event: GuardEvent) => void) | undefined;
  fetch: Fetch;
  clock: Clock;
}

/** @throws TypeError that names every option that is wrong */
export function parseOptions(options: GuardOptions): ParsedOptions {
  const {
    leaseMs = 5_000,
    maxRevocations = 2_000_000,
    instance = ownName(),
    tokenTypes = ['at+jwt'],
  } = options;
  const { epochClaim = 'epoch', whenStale = 'refuse', maxTokenLifetime, clockSkew, jwks, token } = options;
  const audience = [options.audience].flat();
  const wrong: Record<string, boolean> = {
    issuer: !isText(options.issuer) || (jwks === undefined && !isAddress(options.issuer)),
    audience: audience.length === 0 || !audience.every(isText),
    jwks: !(jwks === undefined || isAddress(jwks) || Array.isArray(jwks.keys)),
    api: !isAddress(options.api),
    token: !(typeof token === 'function' || isClient(token)),
    instance: !/^[!-~]{1,100}$/.test(instance),
    leaseMs: !(Number.isInteger(leaseMs) && leaseMs >= 100 && leaseMs <= 60_000),
    maxTokenLifetime:
      maxTokenLifetime !== undefined && !(Number.isFinite(maxTokenLifetime) && maxTokenLifetime > 0),
    clockSkew: clockSkew !== undefined && !(clockSkew >= 0 && clockSkew <= 60),
    epochClaim: !isText(epochClaim),
    tokenTypes: tokenTypes.length === 0 || !tokenTypes.every(isText),
    maxRevocations: !(Number.isInteger(maxRevocations) && maxRevocations > 0),
    whenStale: !['refuse', 'introspect'].includes(whenStale),
    introspectionUrl: options.introspectionUrl !== undefined && !isAddress(options.introspectionUrl),
  };
  const faults = Object.keys(wrong).filter((name) => wrong[name]);
  if (faults.length > 0) throw new TypeError(`createGuard: missing or wrong: ${faults.join(', ')}`);
  const api = new URL(options.api);
  const introspectionUrl = options.introspectionUrl ?? `${api.href.replace(/\/$/, '')}/connect/introspect`;
  return {
    issuer: options.issuer,
    audience,
    jwks: isAddress(jwks) ? new URL(jwks) : jwks,
    api,
    token,
    instance,
    leaseMs,
    own: { maxTokenLifetime, clockSkew },
    epochClaim,
    tokenTypes,
    maxRevocations,
    introspectionUrl: whenStale === 'introspect' ? new URL(introspectionUrl) : null,
    onEvent: options.onEvent,
    fetch: options.fetch ?? fetch,
    clock: options.clock ?? systemClock,
  };
}

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isAddress = (value: unknown): value is string | URL =>
  (typeof value === 'string' || value instanceof URL) &&
  URL.canParse(String(value)) &&
  /^https?:$/.test(new URL(value).protocol);

const isClient = (token: ClientCredentials | undefined): boolean =>
  isAddress(token?.tokenUrl) && isText(token?.clientId) && isText(token?.clientSecret);

/** Two processes must never share a name: what one has applied would count for the other. */
const ownName = (): string =>
  `${hostname()
    .replace(/[^!-~]/g, '-')
    .slice(0, 50)}-${process.pid}-${randomUUID().slice(0, 8)}`;
