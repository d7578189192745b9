import { createCoalescer } from '../../database/coalescer';
import type { Database } from '../../database/database';
import { DomainError } from '../../errors';
import type { Sender } from '../channel';
import type { Outbox } from '../outbox';
import { type ClaimCommand, type ClaimOutcome, claimTogether } from './claim-deliveries';
import { type FinishedAttempt, type Recorded, recordTogether } from './record-attempts';

/** The two steps of an attempt that are written down. */
export interface Steps<Receiver> {
  claim(command: ClaimCommand): Promise<ClaimOutcome<Receiver>>;
  record(finished: FinishedAttempt<Receiver>): Promise<Recorded>;
}

type Step<Receiver> = ClaimCommand | FinishedAttempt<Receiver>;
type Outcome<Receiver> = ClaimOutcome<Receiver> | Recorded;

/**
 * Whatever comes while the last transaction runs goes into the next, the claims of some deliveries with the records of
 * others: it is the commits that take time, and so there are half as many. Where a transaction fails each step is done
 * alone; where nobody knows whether it was committed, none is done again.
 */
export function createSteps<Receiver>(
  database: Database,
  sender: Sender<Receiver>,
  outbox: Pick<Outbox, 'handOver'>,
): Steps<Receiver> {
  const runTogether = async (steps: readonly Step<Receiver>[]) => {
    const { claimed, recorded } = await database.transaction(async (tx) => ({
      claimed: await claimTogether(tx, sender, steps.filter(isClaim)),
      recorded: await recordTogether(tx, sender, steps.filter(isFinished)),
    }));
    outbox.handOver(recorded.deliveries);
    return new Map<Step<Receiver>, Outcome<Receiver>>([...claimed, ...recorded.records]);
  };

  const steps = createCoalescer<Step<Receiver>, Outcome<Receiver>>({
    keyOf: (step) => (isClaim(step) ? step.deliveryId : step.delivery.id),
    runTogether: async (group) =>
      new Map([...(await runTogether(group))].map(([step, value]) => [step, { value }])),
    async runAlone(step) {
      const [outcome] = [...(await runTogether([step])).values()];
      return outcome as Outcome<Receiver>;
    },
    isFinal: isOutcomeUnknown,
    tooLate,
  });

  // Each step is answered by what its own kind comes to.
  return {
    claim: (command) => steps.run(command) as Promise<ClaimOutcome<Receiver>>,
    record: (finished) => steps.run(finished) as Promise<Recorded>,
  };
}

const isClaim = <Receiver>(step: Step<Receiver>): step is ClaimCommand => 'deliveryId' in step;
const isFinished = <Receiver>(step: Step<Receiver>): step is FinishedAttempt<Receiver> => !isClaim(step);

const isOutcomeUnknown = (error: unknown): boolean =>
  error instanceof DomainError && error.code === 'service.outcome_unknown';

const tooLate = (): Error => new Error('the database had no turn for it in time');
