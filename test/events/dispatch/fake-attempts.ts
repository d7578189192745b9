import pino from 'pino';
import { newUuid } from '../../../src/database/uuid';
import type { AttemptOutcome } from '../../../src/events/channel';
import type { Attempts } from '../../../src/events/dispatch/attempts';
import type { FetchBacklog } from '../../../src/events/dispatch/backlog-walk';
import type { ClaimCommand, ClaimOutcome } from '../../../src/events/dispatch/claim-deliveries';
import { createDispatcher, type DispatcherOptions } from '../../../src/events/dispatch/dispatcher';

export const succeeded: AttemptOutcome = {
  kind: 'succeeded',
  statusCode: 204,
  errorKind: null,
  requestHeaders: null,
  error: null,
  response: null,
};
export const failed: AttemptOutcome = {
  ...succeeded,
  kind: 'failed',
  statusCode: null,
  errorKind: 'timeout',
};

export interface Claimed {
  userId?: number;
  perSecond?: number | null;
}

export const claimed = (command: ClaimCommand, { userId = 1, perSecond = null }: Claimed = {}) => ({
  kind: 'claimed' as const,
  claim: {
    delivery: {
      id: command.deliveryId,
      target: command.target,
      attempt: command.attempt,
      event: { id: newUuid(), type: 'user.blocked' as const, userId, payload: '{}', occurredAt: new Date() },
      recipient: null,
    },
    receiver: undefined,
    pace: { perSecond, notBefore: null },
    scheduleBase: 0,
    startedAt: new Date(),
  },
});

export interface StageOptions extends Partial<
  Pick<DispatcherOptions<unknown>, 'size' | 'perLane' | 'turns'>
> {
  claim?: (command: ClaimCommand) => ClaimOutcome<unknown> | Promise<ClaimOutcome<unknown>>;
  /** By the target that is sent to. */
  send?: (target: string, deliveryId: string) => Promise<AttemptOutcome>;
  fetchBacklog?: FetchBacklog;
  /** Resolves when the database has what is parked. */
  onPark?: (deliveryId: string, forMs: number) => Promise<void>;
}

/** A dispatcher without a database: what it claims, sends and parks is kept. */
export function stageDispatcher(options: StageOptions = {}) {
  const claims: ClaimCommand[] = [];
  const sent: { target: string; deliveryId: string; at: number }[] = [];
  const recorded: string[] = [];
  const parked: { deliveryId: string; forMs: number }[] = [];
  const givenBack: string[] = [];
  let inFlight = 0;
  let mostInFlight = 0;

  const attempts: Attempts<unknown> = {
    async claim(command) {
      claims.push(command);
      return (options.claim ?? claimed)(command);
    },
    async send({ delivery, startedAt }) {
      sent.push({ target: delivery.target, deliveryId: delivery.id, at: performance.now() });
      mostInFlight = Math.max(mostInFlight, ++inFlight);
      const started = performance.now();
      const outcome = await (options.send?.(delivery.target, delivery.id) ?? Promise.resolve(succeeded));
      inFlight--;
      const tookMs = Math.round(performance.now() - started);
      return { delivery, receiver: undefined, outcome, next: { state: 'delivered' }, startedAt, tookMs };
    },
    record({ delivery }) {
      recorded.push(delivery.id);
      return Promise.resolve();
    },
  };
  const dispatcher = createDispatcher({
    attempts,
    parking: {
      park(deliveryId, forMs) {
        parked.push({ deliveryId, forMs });
        return options.onPark?.(deliveryId, forMs) ?? Promise.resolve();
      },
      giveBack: (deliveryId) => givenBack.push(deliveryId),
      close: () => Promise.resolve(),
    },
    fetchBacklog: options.fetchBacklog ?? (() => Promise.resolve({ waiting: [], position: null })),
    turns: options.turns ?? { take: () => Promise.resolve(0) },
    laneOf: (target) => target,
    size: options.size ?? 8,
    perLane: options.perLane ?? 4,
    log: pino({ level: 'silent' }),
  });

  return {
    dispatcher,
    claims,
    sent,
    recorded,
    parked,
    givenBack,
    mostInFlight: () => mostInFlight,
    sentTo: (target: string) => sent.filter((each) => each.target === target).length,
    /** Accepts so many deliveries to a target; answers their ids. */
    accept(target: string, count = 1): Promise<string[]> {
      const ids = Array.from({ length: count }, () => newUuid());
      return Promise.all(
        ids.map(async (deliveryId) => {
          await dispatcher.accept({ deliveryId, attempt: 1, target });
          return deliveryId;
        }),
      );
    },
  };
}
