import { z } from 'zod';
import type { AttemptOutcome } from '../events/channel';
import { KEPT_CHARACTERS } from '../outbound/read-bounded';

/** RFC 8935, section 2.3, and RFC 8936, section 2.6: how a receiver says that it will not take a token. */
const setError = z.object({ err: z.string().min(1), description: z.string().optional() });

/**
 * What a receiver may say of itself or of our keys (RFC 8935, section 2.4): somebody has to mend it, and the token is as
 * good as ever then.
 */
const MENDABLE: ReadonlySet<string> = new Set([
  'invalid_key',
  'invalid_issuer',
  'invalid_audience',
  'authentication_failed',
  'access_denied',
]);

/** It may ask us to stay away, but an end of access cannot wait for long; in seconds. */
const MAX_ASKED = 300;

/**
 * A token is given up where its receiver says in the protocol's words that this one is wrong. Everything else is tried
 * again, whatever the status: what is lost is the end of somebody's access.
 */
export function judgePushAnswer(outcome: AttemptOutcome): AttemptOutcome {
  const kept = { ...outcome, response: outcome.response?.slice(0, KEPT_CHARACTERS) ?? null };
  if (outcome.kind !== 'failed' && outcome.kind !== 'refused') return kept;
  const error = outcome.statusCode === 400 ? errorIn(outcome.response) : null;
  const capped = { ...kept, retryAfterSeconds: Math.min(outcome.retryAfterSeconds ?? 0, MAX_ASKED) };
  if (error === null) return { ...capped, kind: 'failed' };
  return {
    ...capped,
    kind: MENDABLE.has(error) ? 'failed' : 'refused',
    error: `the receiver refused the token (${error.slice(0, 100)})`,
  };
}

function errorIn(response: string | null): string | null {
  try {
    return setError.safeParse(JSON.parse(response ?? '')).data?.err ?? null;
  } catch {
    return null;
  }
}
