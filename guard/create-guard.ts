import { setMaxListeners } from 'node:events';
import { createCheckToken } from './check-token';
import { createCredentials, obtainFromFunction, obtainFromProvider } from './credentials';
import { createReport } from './events';
import { FollowFeed } from './follow-feed';
import { createIntrospect } from './introspect';
import { createIssuerKeys } from './issuer-keys';
import { Lease } from './lease';
import { Limits } from './limits';
import { createMiddleware, type Middleware } from './middleware';
import type { GuardOptions } from './options';
import { createPace } from './pace';
import { parseOptions, type ParsedOptions } from './parse-options';
import { createPollFeed } from './poll-feed';
import { Readiness, type Status } from './readiness';
import { Revocations } from './revocations';
import { refuse, type Verdict } from './verdict';
import { createTokenVerifier } from './verify-token';

export interface GuardState {
  /** `starting` until it knows everything for the first time. */
  status: Status;
  /** How long it may go on without another answer. */
  leaseRemainingMs: number;
  /** How many ends of access it remembers. */
  revocations: number;
}

export interface Guard {
  /** For Express. Sets `request.auth`; answers 401 and 503 itself. */
  middleware: Middleware;
  /** For anything else. Never throws. */
  check(token: string): Promise<Verdict>;
  /** Resolves once the guard can judge; rejects where it is closed before. */
  ready(): Promise<void>;
  readonly state: GuardState;
  /** Ends at once; every token is refused from then on. */
  close(): void;
}

/**
 * Starts to follow Portcullis' feed of revocations, and judges access tokens by it without a call for each.
 * @throws TypeError where options are missing or wrong; nothing else, whatever is away
 */
export function createGuard(options: GuardOptions): Guard {
  const parsed = parseOptions(options);
  const { clock, leaseMs, fetch } = parsed;
  const closing = new AbortController();
  const closed = closing.signal;
  // Every request under way listens to it, and leaves when it is over.
  setMaxListeners(0, closed);
  const report = createReport(parsed.onEvent);
  const lease = new Lease(leaseMs, clock);
  const limits = new Limits(parsed.own);
  const revocations = new Revocations(parsed.maxRevocations);
  const credentials = createCredentials(obtainBy(parsed, closed), clock, report);
  const keys = createIssuerKeys({ ...parsed, closed, report, onLoaded: () => readiness.look() });
  const readiness = new Readiness({
    isCurrent: () => keys.loaded && lease.held,
    remainingMs: () => lease.remainingMs,
    onCurrent: () => report({ type: 'current', revocations: revocations.size }),
    onStale: () => report({ type: 'stale' }),
  });
  const verify = createTokenVerifier({ ...parsed, types: parsed.tokenTypes, find: keys.find, limits });
  const url = parsed.introspectionUrl;
  const introspect = url && createIntrospect({ url, timeoutMs: leaseMs, credentials, fetch, closed, report });
  const checkToken = createCheckToken({ verify, lease, revocations, limits, introspect });
  const check = (token: string) => (closed.aborted ? Promise.resolve(refuse('stale')) : checkToken(token));
  const poll = createPollFeed({ ...parsed, credentials, closed });
  const onLease = () => readiness.look();
  const pace = createPace(leaseMs);
  void new FollowFeed({ poll, revocations, limits, lease, pace, clock, report, onLease, closed }).run();

  return {
    middleware: createMiddleware(check),
    check,
    ready: () => readiness.wait(),
    get state() {
      return {
        status: readiness.status,
        leaseRemainingMs: lease.remainingMs,
        revocations: revocations.size,
      };
    },
    close() {
      closing.abort();
      lease.end();
      keys.close();
      readiness.close();
    },
  };
}

function obtainBy({ token, introspectionUrl, fetch, clock }: ParsedOptions, closed: AbortSignal) {
  if (typeof token === 'function') return obtainFromFunction(token, clock);
  const scope = introspectionUrl ? 'revocations:read tokens:introspect' : 'revocations:read';
  return obtainFromProvider(token, scope, { fetch, closed });
}
