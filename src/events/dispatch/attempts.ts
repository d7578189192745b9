import type { Logger } from 'pino';
import type { Database } from '../../database/database';
import type { AttemptOutcome, ClaimedDelivery, Next, Sender } from '../channel';
import { decideNext } from '../decide-next';
import type { Outbox } from '../outbox';
import type { Claim, ClaimCommand, ClaimOutcome } from './claim-deliveries';
import type { FinishedAttempt, Recorded } from './record-attempts';
import { createSteps } from './steps';

/** An attempt that was made and recorded. */
export interface AttemptRecord extends Recorded {
  delivery: ClaimedDelivery;
  outcome: AttemptOutcome;
  next: Next;
  tookMs: number;
}

export interface AttemptOptions {
  /** Seconds before each attempt. */
  schedule: readonly number[];
  /** Whether the last of them is waited for again and again, so that nothing is ever given up for its time. */
  endless?: boolean;
  /** Takes the deliveries of events that attempts have led to. */
  outbox: Pick<Outbox, 'handOver'>;
  log: Logger;
  onAttempt(record: AttemptRecord): void;
}

/** The three steps of an attempt. Those of several deliveries share their transactions; the sending is each one's own. */
export interface Attempts<Receiver> {
  /** A conditional update: who does not win it sends nothing. */
  claim(command: ClaimCommand): Promise<ClaimOutcome<Receiver>>;
  /** Never rejects: what cannot be foreseen is a failed attempt as well. */
  send(claim: Claim<Receiver>): Promise<FinishedAttempt<Receiver>>;
  record(finished: FinishedAttempt<Receiver>): Promise<void>;
}

/**
 * A worker that dies between claim and record leaves a lease that runs out; the relay then enqueues the next attempt,
 * which carries the same event id (I4). The same holds where nobody knows whether the record was committed: it is not
 * written again.
 */
export function createAttempts<Receiver>(
  database: Database,
  sender: Sender<Receiver>,
  options: AttemptOptions,
): Attempts<Receiver> {
  const steps = createSteps(database, sender, options.outbox);

  return {
    claim: (command) => steps.claim(command),

    async send({ delivery, receiver, scheduleBase, startedAt }) {
      const started = performance.now();
      const outcome = await sender.send(delivery, receiver).catch((error: unknown) => {
        const { id: deliveryId, attempt } = delivery;
        options.log.error({ err: error, deliveryId, attempt }, 'a delivery could not be sent');
        return unforeseen;
      });
      const tookMs = Math.round(performance.now() - started);
      const made = delivery.attempt - scheduleBase;
      const attemptOfSchedule = options.endless ? Math.min(made, options.schedule.length - 1) : made;
      const next = decideNext(outcome, attemptOfSchedule, options.schedule, Math.random());
      return { delivery, receiver, outcome, next, startedAt, tookMs };
    },

    async record(finished) {
      const recorded = await steps.record(finished);
      const { delivery, outcome, next, tookMs } = finished;
      options.onAttempt({ delivery, outcome, next, tookMs, ...recorded });
    },
  };
}

/** It counts like any other: a fault that comes each time would be tried for ever beside the schedule. */
const unforeseen: AttemptOutcome = {
  kind: 'failed',
  statusCode: null,
  errorKind: 'internal',
  error: 'it could not be sent',
  response: null,
  requestHeaders: null,
};
