import pino from 'pino';
import type { Database } from '../../src/database/database';
import type { Sender } from '../../src/events/channel';
import { type AttemptOptions, createAttempts } from '../../src/events/dispatch/attempts';
import type { ClaimOutcome } from '../../src/events/dispatch/claim-deliveries';

/** The sending alone: to receivers of which nothing is read. */
export type Send = Sender['send'];

export const LIMIT_MS = 20_000;

export const senderOf = (send: Send, more: Partial<Sender> = {}): Sender => ({
  selectReceivers: () => null,
  readReceivers: () => new Map(),
  paceOf: () => ({ perSecond: null, notBefore: null }),
  limitMsOf: () => LIMIT_MS,
  send,
  ...more,
});

export interface AttemptJob {
  deliveryId: string;
  attempt: number;
  target?: string;
  hadTurn?: boolean;
}

/** Makes one attempt as the worker does, claim to record; answers what came of the claim. */
export function createMakeAttempt(
  database: Database,
  sender: Sender,
  options: Partial<AttemptOptions> = {},
): (job: AttemptJob) => Promise<ClaimOutcome<unknown>['kind']> {
  const attempts = createAttempts(database, sender, {
    schedule: [0, 0, 0],
    outbox: { handOver: () => undefined },
    log: pino({ level: 'silent' }),
    onAttempt: () => undefined,
    ...options,
  });
  return async (job) => {
    const outcome = await attempts.claim({ target: '', hadTurn: false, ...job });
    if (outcome.kind === 'claimed') await attempts.record(await attempts.send(outcome.claim));
    return outcome.kind;
  };
}
