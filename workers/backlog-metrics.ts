import type { Logger } from 'pino';
import { Gauge, type Registry } from 'prom-client';
import { type Backlog, BACKLOG_STATES } from '../src/events/measure-backlog';

/** However often somebody asks, it is measured no more often than this. */
const FRESH_MS = 15_000;

/**
 * What waits and what was given up, in the whole installation: every worker tells the same. Measured when it is asked
 * for. While the database is away the gauges are left out of the answer, which the others still get.
 */
export function createBacklogMetrics(registry: Registry, measure: () => Promise<Backlog>, log: Logger): void {
  const measured = keptFresh(() =>
    measure().catch((error: unknown) => {
      log.warn({ err: error }, 'the backlog of deliveries could not be measured');
      return null;
    }),
  );
  const states: Gauge<'state'> = new Gauge({
    name: 'portcullis_deliveries',
    help: 'Deliveries in the states that are not over or not well; 100000 says that or more.',
    labelNames: ['state'],
    registers: [registry],
    async collect(): Promise<void> {
      const backlog = await measured();
      if (!backlog) return states.reset();
      for (const state of BACKLOG_STATES) states.set({ state }, backlog.counts[state]);
    },
  });
  const age: Gauge = new Gauge({
    name: 'portcullis_oldest_undelivered_age_seconds',
    help: 'Time since the event of the oldest delivery that is pending and has never arrived; 0 where there is none.',
    registers: [registry],
    async collect(): Promise<void> {
      const backlog = await measured();
      if (backlog) age.set(backlog.oldestUndeliveredSeconds);
      else age.remove();
    },
  });
}

/** Asks once for all who want to know within a time. */
function keptFresh<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: { at: number; answer: Promise<T> } | undefined;
  return () => {
    const now = performance.now();
    if (!asked || now - asked.at >= FRESH_MS) asked = { at: now, answer: ask() };
    return asked.answer;
  };
}
