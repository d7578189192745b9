import { randomInt } from 'node:crypto';
import { reservePort } from '../../local/free-port';

/** Above those that `reservePort` looks for, below those that systems give out by themselves. */
const [FIRST, LAST] = [10_000, 30_000];

/**
 * A free port for a server that is started later, or killed and started again: nobody who looks for a port meanwhile is
 * given this one, as the first that is free would be.
 */
export async function privatePort(): Promise<number> {
  for (;;) {
    const reserved = await reservePort(randomInt(FIRST, LAST)).catch(() => undefined);
    if (!reserved) continue;
    await reserved.release();
    return reserved.port;
  }
}
