import { Pool } from 'undici';
import type { Asking } from '../race';

interface CheckedPair {
  userId: number;
  otherUserId: number;
}

/** Who asks whom, about how many pairs at once. */
export interface Crowd {
  url: string;
  callers: number;
  /** Users 1 to this are there, each of whom has blocked the `blockedEach` who follow her. */
  users: number;
  blockedEach: number;
  pairs: number;
}

/**
 * Asks the native operation, or the bare route that is sent the same, about pairs of which about half are blocked.
 * @param bearer where absent, no token is sent
 */
export function askWhetherBlocked(
  name: string,
  { url, callers, users, blockedEach, pairs }: Crowd,
  bearer?: string,
): Asking {
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  const below = (limit: number): number => Math.floor(Math.random() * limit);
  const pick = () => {
    const [userId, distance] = [1 + below(users), 1 + below(2 * blockedEach)];
    return { userId, otherUserId: 1 + ((userId - 1 + distance) % users), isBlocked: distance <= blockedEach };
  };
  return {
    name,
    async ask() {
      const asked = Array.from({ length: pairs }, pick);
      const sent: CheckedPair[] = asked.map(({ userId, otherUserId }) => ({ userId, otherUserId }));
      const { statusCode, body } = await pool.request({
        method: 'POST',
        path: '/api/v1/block-lists/check',
        headers: {
          'content-type': 'application/json',
          ...(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` }),
        },
        body: JSON.stringify({ pairs: sent }),
      });
      const answer = (await body.json()) as { items: { blocked: boolean }[] };
      if (
        statusCode !== 200 ||
        asked.some(({ isBlocked }, index) => answer.items[index]?.blocked !== isBlocked)
      )
        throw new Error(`it answered ${statusCode}: ${JSON.stringify(answer)}`);
    },
    close: () => pool.close(),
  };
}
