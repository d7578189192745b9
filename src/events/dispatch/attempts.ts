import type { Logger } from 'pino';
import { createCoalescer } from '../../database/coalescer';
import type { Database } from '../../database/database';
import { DomainError } from '../../errors';
import type { AttemptOutcome, ClaimedDelivery, Next, Sender } from '../channel';
import { decideNext } from '../decide-next';
import type { Outbox } from '../outbox';
import { type Claim, type ClaimCommand, type ClaimOutcome, claimTogether } from './claim-deliveries';
import { type FinishedAttempt, type Recorded, recordTogether } from './record-attempts';

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
  const claims = sharingTransactions(
    ({ deliveryId }: ClaimCommand) => deliveryId,
    (commands) => database.transaction((tx) => claimTogether(tx, sender, commands)),
  );
  const records = sharingTransactions(
    ({ delivery }: FinishedAttempt<Receiver>) => delivery.id,
    async (finished) => {
      const recorded = await database.transaction((tx) => recordTogether(tx, sender, finished));
      options.outbox.handOver(recorded.deliveries);
      return recorded.records;
    },
  );

  return {
    claim: (command) => claims.run(command),

    async send({ delivery, receiver, scheduleBase, startedAt }) {
      const started = performance.now();
      const outcome = await sender.send(delivery, receiver).catch((error: unknown) => {
        const { id: deliveryId, attempt } = delivery;
        options.log.error({ err: error, deliveryId, attempt }, 'a delivery could not be sent');
        return unforeseen;
      });
      const tookMs = Math.round(performance.now() - started);
      const next = decideNext(outcome, delivery.attempt - scheduleBase, options.schedule, Math.random());
      return { delivery, receiver, outcome, next, startedAt, tookMs };
    },

    async record(finished) {
      const recorded = await records.run(finished);
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

/** Runs commands together that come at the same time; where that fails, each alone. */
const sharingTransactions = <Command, Outcome>(
  keyOf: (command: Command) => string,
  run: (commands: readonly Command[]) => Promise<ReadonlyMap<Command, Outcome>>,
) =>
  createCoalescer<Command, Outcome>({
    keyOf,
    runTogether: async (commands) =>
      new Map([...(await run(commands))].map(([command, value]) => [command, { value }])),
    async runAlone(command) {
      const [outcome] = [...(await run([command])).values()];
      return outcome as Outcome;
    },
    isFinal: isOutcomeUnknown,
    tooLate,
  });

const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof DomainError && error.code === 'service.outcome_unknown';

const tooLate = (): Error => new Error('the database had no turn for it in time');
