import type { AttemptOutcome, MadeAttempt } from '../events/channel';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

/** RFC 6585, section 4, and RFC 9110, sections 15.6.3 and 15.6.5: it, or what stands before it, has too much to do. */
const OVERLOADED: ReadonlySet<number | null> = new Set([429, 502, 504]);

/** RFC 9110, section 15.5.11: the receiver is gone, and says that it will not come back. */
const GONE = 410;

/** An endpoint cannot keep all of its deliveries away for longer by one answer. */
const MAX_ASKED_MS = 3_600_000;

const MIN_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/** Workers that were told at one moment come back over this share of the pause. */
const JITTER = 0.2;

export type EndpointAttempt = Pick<MadeAttempt<WebhookEndpoint>, 'receiver' | 'outcome' | 'startedAt'>;

/** What attempts that are recorded together say about their endpoint. */
export interface EndpointVerdict {
  /** As the last of them found it. */
  endpoint: WebhookEndpoint;
  /** When the last of them began, by the database's clock. */
  startedAt: Date;
  /** One was taken. */
  answers: boolean;
  /** One failed after the last that was taken. */
  fails: boolean;
  gone: boolean;
  /** For how long it should be spared; null where it has not said so. */
  pauseMs: number | null;
}

/** An attempt upon an endpoint that was there. */
interface Finding {
  endpoint: WebhookEndpoint;
  outcome: AttemptOutcome;
  startedAt: Date;
}

/**
 * One verdict an endpoint, in the order of their ids. An attempt upon an endpoint that somebody has changed since says
 * nothing about it as it is now, and one that never came to sending says nothing at all.
 * @param attempts in the order in which they ended
 * @param random 0..1
 */
export function verdictsOf(attempts: readonly EndpointAttempt[], random: () => number): EndpointVerdict[] {
  const findings = attempts.flatMap(({ receiver, ...attempt }): Finding[] =>
    receiver ? [{ endpoint: receiver, ...attempt }] : [],
  );
  const ids = new Set(findings.map(({ endpoint }) => endpoint.id));
  return [...ids].sort().map((id) =>
    verdictOf(
      findings.filter(({ endpoint }) => endpoint.id === id),
      random,
    ),
  );
}

/** @param findings about one endpoint, at least one */
function verdictOf(findings: readonly Finding[], random: () => number): EndpointVerdict {
  const { endpoint, startedAt } = findings.reduce((last, one) =>
    one.startedAt > last.startedAt ? one : last,
  );
  const outcomes = findings.flatMap((one) =>
    one.endpoint.version === endpoint.version ? [one.outcome] : [],
  );
  const lastTaken = outcomes.findLastIndex(({ kind }) => kind === 'succeeded');
  const failingForMs = endpoint.failingSince ? startedAt.getTime() - endpoint.failingSince.getTime() : 0;
  const pauses = outcomes.flatMap((outcome) => pauseOf(outcome, failingForMs, random()) ?? []);
  return {
    endpoint,
    startedAt,
    answers: lastTaken >= 0,
    fails: outcomes.slice(lastTaken + 1).some(isFailure),
    gone: outcomes.some(({ kind, statusCode }) => kind === 'refused' && statusCode === GONE),
    pauseMs: pauses.length > 0 ? Math.max(...pauses) : null,
  };
}

/** A fault of ours is none of the endpoint's, and of what was skipped it knows nothing. */
const isFailure = ({ kind, errorKind }: AttemptOutcome): boolean =>
  (kind === 'failed' || kind === 'refused') && errorKind !== 'internal';

/**
 * How long an endpoint is spared after an answer: as long as it asks, within an hour; where it does not say, for as long
 * again as it has been failing, so that the pause doubles from a second to a minute.
 */
export function pauseOf(
  { statusCode, retryAfterSeconds }: AttemptOutcome,
  failingForMs: number,
  random: number,
): number | null {
  if (!OVERLOADED.has(statusCode)) return null;
  if (retryAfterSeconds !== undefined) return Math.min(retryAfterSeconds * 1000, MAX_ASKED_MS);
  return Math.min(Math.max(failingForMs, MIN_PAUSE_MS), MAX_PAUSE_MS) * (1 + JITTER * random);
}
