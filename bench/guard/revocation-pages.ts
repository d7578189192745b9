import { createHash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';

/** A UUID for each number, always the same. */
export const uidOf = (number: number): string => {
  const hex = createHash('sha1').update(`uid ${number}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20, 32)].join(
    '-',
  );
};

/**
 * The feed as the guard's `fetch`: `count` ends of access of as many users, made page by page, so that what is measured is what
 * the guard keeps. When it has told all, it waits as a feed does where nothing happens.
 */
export function revocationPages(count: number, latest: Date): typeof fetch {
  return async (address, options) => {
    const query = new URL(address).searchParams;
    const [from, limit] = [Number(query.get('after') ?? 0), Number(query.get('limit'))];
    // As if it had come over a network.
    await turn();
    if (from >= count) await waited(Number(query.get('wait')) * 1000, options?.signal);
    const next = Math.min(count, from + limit);
    const items = Array.from({ length: next - from }, (_, n) => ({
      position: from + n + 1,
      uid: uidOf(from + n),
      epoch: 2,
      revokedAt: new Date(latest.getTime() - (count - from - n)).toISOString(),
    }));
    return Response.json({
      items,
      next: String(next),
      more: next < count,
      maxTokenLifetime: 3_600,
      clockSkew: 5,
    });
  };
}

function waited(milliseconds: number, signal: AbortSignal | null | undefined): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, milliseconds).unref();
    signal?.addEventListener('abort', () => resolve(), { once: true });
  });
}
