import type { Express } from 'express';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { type ContractDocument, loadContract } from '../../../src/http/contract';
import type { Handlers, OperationId } from '../../../src/http/handlers';
import { createHttpApp } from '../../../src/http/http-app';
import { type Idempotency, withoutKeep } from '../../../src/http/idempotency/idempotency';
import { IssuerKeys } from '../../../src/http/issuer-keys';
import type { Refusal } from '../../../src/http/record-refusals';
import { createTokenVerifier } from '../../../src/http/token-verifier';
import { operationsOf } from './contract-operations';
import { AUDIENCE, type TestIssuer } from './issuer';

type Recorded = { operationId: OperationId; request: Record<string, unknown> };
type AnyHandler = (request: Record<string, unknown>) => Promise<unknown>;

export interface FakeApi {
  app: Express;
  document: ContractDocument;
  keys: IssuerKeys;
  registry: Registry;
  /** What reached a handler: nothing may, that the contract or the token refuses. */
  calls: Recorded[];
  /** What was refused to an authenticated caller who wanted to change something. */
  refusals: Refusal[];
  /** Lines of the log, parsed. */
  logged: Record<string, unknown>[];
  /** Puts a handler in the place of the one that answers the contract's example. */
  replace(operationId: OperationId, handler: AnyHandler): void;
  /** Forgets what was called, logged and replaced. */
  reset(): void;
  close(): void;
}

export interface FakeApiOptions {
  maxStaleMs?: number;
  now?: () => number;
  discover?: boolean;
  trustedProxies?: readonly string[];
  /** What becomes of recording a refusal; it succeeds where nothing is said. */
  recordRefusal?: () => Promise<void>;
}

/** The real HTTP ground on the real contract; only the features behind it are stood in for. */
export async function createFakeApi(issuer: TestIssuer, options: FakeApiOptions = {}): Promise<FakeApi> {
  const logged: Record<string, unknown>[] = [];
  const log = pino(
    { level: 'info' },
    { write: (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const document = loadContract();
  const calls: Recorded[] = [];
  const refusals: Refusal[] = [];
  const replaced = new Map<OperationId, AnyHandler>();
  const handlers = Object.fromEntries(
    operationsOf(document).map(({ operationId, success }) => [
      operationId,
      (request: Record<string, unknown>) => {
        calls.push({ operationId, request });
        return replaced.get(operationId)?.(request) ?? Promise.resolve(success);
      },
    ]),
  ) as unknown as Handlers;
  const { now, maxStaleMs = 86_400_000 } = options;
  const jwksUrl = options.discover === true ? undefined : issuer.jwksUrl;
  const keys = new IssuerKeys({ issuer: issuer.url, jwksUrl, maxStaleMs, log, now });
  await keys.start();
  const verify = createTokenVerifier({
    issuer: issuer.url,
    audience: AUDIENCE,
    types: ['at+jwt', 'application/at+jwt'],
    clockSkewSeconds: 5,
    keys,
    now,
  });
  const registry = new Registry();
  const idempotency: Idempotency = { answer: (_request, handle) => handle(withoutKeep) };
  const app = createHttpApp({
    handlers,
    verify,
    idempotency,
    rateLimits: { take: () => null },
    validateResponses: true,
    log,
    registry,
    probes: null,
    trustedProxies: options.trustedProxies ?? [],
    dialects: [],
    recordRefusal: (refusal) => {
      refusals.push(refusal);
      return options.recordRefusal?.() ?? Promise.resolve();
    },
  });
  return {
    app,
    document,
    keys,
    registry,
    calls,
    refusals,
    logged,
    replace: (operationId, handler) => void replaced.set(operationId, handler),
    reset: () => {
      calls.length = 0;
      refusals.length = 0;
      logged.length = 0;
      replaced.clear();
    },
    close: () => keys.stop(),
  };
}
