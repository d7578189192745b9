import { Counter, type Registry } from 'prom-client';

/** Counts what retention removed. */
export function createSweepMetrics(registry: Registry): (kind: string, count: number) => void {
  const removed = new Counter({
    name: 'portcullis_rows_removed_total',
    help: 'Rows that were removed because they were old enough, by kind.',
    labelNames: ['kind'],
    registers: [registry],
  });
  return (kind, count) => removed.inc({ kind }, count);
}
