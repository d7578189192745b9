import { currentTime, fromNow, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { AttemptOutcome, MadeAttempt, Sender } from '../events/channel';
import type { PushStream } from './push-stream';

const MIN_PAUSE_MS = 1_000;

/** A receiver that comes back waits no longer than this, however long it was away. */
const MAX_PAUSE_MS = 60_000;

/**
 * Keeps what attempts say about their streams: since when one fails, and until when it is left alone. While it fails one
 * token now and then finds out whether it is back, so that a backlog of any size costs no more than that. A stream that
 * answers as it did before costs no statement.
 */
export const recordStreamHealth: NonNullable<Sender<PushStream>['record']> = (tx, attempts) => {
  const streams = new Map(attempts.flatMap(({ receiver }) => (receiver ? [[receiver.id, receiver]] : [])));
  // In the order of the ids, so that two workers do not wait for each other.
  for (const id of [...streams.keys()].sort()) {
    const own = attempts.filter(({ receiver }) => receiver?.id === id);
    if (own.some(({ outcome }) => answers(outcome))) tx.write(clearFailing(own));
    else if (own.some(({ outcome }) => fails(outcome))) tx.write(markFailing(own));
  }
  return Promise.resolve([]);
};

/** Who refuses a token in the protocol's words is there. */
const answers = ({ kind }: AttemptOutcome): boolean => kind === 'succeeded' || kind === 'refused';

/** A fault of ours is none of the receiver's. */
const fails = ({ kind, errorKind }: AttemptOutcome): boolean => kind === 'failed' && errorKind !== 'internal';

type Attempt = MadeAttempt<PushStream>;

const clearFailing = (attempts: readonly Attempt[]): Statement[] =>
  attempts
    .flatMap(({ receiver }) => receiver ?? [])
    .filter(({ failingSince, slowedUntil }) => failingSince !== null || slowedUntil !== null)
    .slice(0, 1)
    .map(
      ({ id, version }) => sql`UPDATE security_event_streams SET failing_since = NULL, slowed_until = NULL
        WHERE id = ${new Uuid(id)} AND version = ${version}`,
    );

/** Changes nothing where somebody has changed the stream since: the attempts were made upon another. */
const markFailing = (attempts: readonly Attempt[]): Statement[] =>
  attempts.slice(-1).flatMap(({ receiver, startedAt, outcome }) => {
    if (!receiver) return [];
    const failingForMs = receiver.failingSince ? startedAt.getTime() - receiver.failingSince.getTime() : 0;
    const pauseMs = pauseOf(failingForMs, outcome.retryAfterSeconds);
    return [
      sql`UPDATE security_event_streams SET failing_since = COALESCE(failing_since, ${currentTime}),
        slowed_until = ${fromNow(pauseMs)} WHERE id = ${new Uuid(receiver.id)} AND version = ${receiver.version}`,
    ];
  });

/** For as long again as it has been failing, so that the pause doubles from a second to a minute. */
function pauseOf(failingForMs: number, askedSeconds = 0): number {
  const ownMs = Math.min(Math.max(failingForMs, MIN_PAUSE_MS), MAX_PAUSE_MS);
  return Math.max(ownMs, askedSeconds * 1000);
}
