import type { Logger } from 'pino';
import { Counter, Histogram, type Registry } from 'prom-client';
import type { AttemptRecord } from '../src/events/dispatch/attempts';
import type { ChannelName } from '../src/events/channel';

export interface DeliveryMetrics {
  attempt(channel: ChannelName): (record: AttemptRecord) => void;
  relayed(count: number): void;
}

/** One structured log line and one observation an attempt. */
export function createDeliveryMetrics(registry: Registry, log: Logger): DeliveryMetrics {
  const attempts = new Histogram({
    name: 'portcullis_delivery_attempt_duration_seconds',
    help: 'Time of an attempt to deliver, by channel and by the state that it left.',
    labelNames: ['channel', 'state'],
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15],
    registers: [registry],
  });
  const outcomes = new Counter({
    name: 'portcullis_delivery_attempts_total',
    help: 'Attempts to deliver, by channel, outcome and where they went wrong.',
    labelNames: ['channel', 'outcome', 'error_kind'],
    registers: [registry],
  });
  const firstSuccess = new Histogram({
    name: 'portcullis_delivery_first_success_seconds',
    help: 'Time from the commit of an event to the first success of a delivery, by channel.',
    labelNames: ['channel'],
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 1_800, 7_200, 43_200, 86_400],
    registers: [registry],
  });
  const relayed = new Counter({
    name: 'portcullis_deliveries_relayed_total',
    help: 'Deliveries that the relay enqueued: retries, and what never reached the queue.',
    registers: [registry],
  });
  return {
    attempt:
      (channel) =>
      ({ delivery, outcome, next, tookMs, firstSuccessAfterSeconds }) => {
        attempts.observe({ channel, state: next.state }, tookMs / 1000);
        outcomes.inc({ channel, outcome: outcome.kind, error_kind: outcome.errorKind ?? 'none' });
        if (firstSuccessAfterSeconds !== null) firstSuccess.observe({ channel }, firstSuccessAfterSeconds);
        log.info(
          {
            channel,
            deliveryId: delivery.id,
            eventId: delivery.event.id,
            eventType: delivery.event.type,
            target: delivery.target,
            attempt: delivery.attempt,
            state: next.state,
            outcome: outcome.kind,
            statusCode: outcome.statusCode,
            errorKind: outcome.errorKind,
            error: outcome.error,
            tookMs,
            retryInMs: next.state === 'pending' ? Math.round(next.delayMs) : undefined,
          },
          'attempt',
        );
      },
    relayed: (count) => relayed.inc(count),
  };
}
