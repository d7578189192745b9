import { busy } from '../database/faults';

/** Sign-ins of one user, or touches of one session, that hold a connection at the same time, a process. */
const AT_ONCE = 3;

/** As long as a block waits for its turn; then the caller is told to come back. */
const MAX_WAIT_MS = 10_000;

/** Runs `work` when it is its turn among those of the same key. @throws `service.busy` where it does not come in time */
export type InTurn = <T>(key: string | number, work: () => Promise<T>) => Promise<T>;

/**
 * Lets few of one user in at once; the others wait here, in order, without a connection. A user whose row somebody
 * holds would otherwise take the whole pool, sign-in by sign-in, and all other users would wait for her.
 */
export function createTurns(): InTurn {
  const crowds = new Map<string | number, { inside: number; waiting: (() => void)[] }>();

  return async (key, work) => {
    const crowd = crowds.get(key) ?? { inside: 0, waiting: [] };
    crowds.set(key, crowd);
    if (crowd.inside < AT_ONCE) crowd.inside++;
    else await turn(crowd.waiting);
    try {
      return await work();
    } finally {
      // Whoever is next takes over the place.
      const next = crowd.waiting.shift();
      if (next) next();
      else if (--crowd.inside === 0) crowds.delete(key);
    }
  };
}

const turn = (waiting: (() => void)[]): Promise<void> =>
  new Promise((resolve, reject) => {
    const go = () => {
      clearTimeout(timer);
      resolve();
    };
    const timer = setTimeout(() => {
      waiting.splice(waiting.indexOf(go), 1);
      reject(busy(new Error('too many sign-ins of one user at once')));
    }, MAX_WAIT_MS);
    waiting.push(go);
  });
