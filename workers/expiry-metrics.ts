import { Histogram, type Registry } from 'prom-client';

/** How late suspensions are closed whose time has run out; whoever reads a user has enforced it by then. */
export function createExpiryMetrics(registry: Registry): (lateBySeconds: number) => void {
  const late = new Histogram({
    name: 'portcullis_suspension_expiry_delay_seconds',
    help: 'Time from the until of a suspension to the commit that closed it.',
    buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 30, 300],
    registers: [registry],
  });
  return (lateBySeconds) => late.observe(lateBySeconds);
}
