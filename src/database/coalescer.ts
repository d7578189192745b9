/** What came of one command. Kept apart from a rejection, because the commands of a group end differently. */
export type Settled<Outcome> = { value: Outcome } | { error: Error };

/** What commands of a group are told apart and ordered by. */
type Key = number | string;

export interface CoalescerOptions<Command, Outcome> {
  /** Two commands of one key are never in the same group, nor in two groups at once. */
  keyOf(command: Command): Key;
  /** Runs commands in one transaction. A command without an entry in the answer was left out: it goes alone. */
  runTogether(commands: readonly Command[]): Promise<ReadonlyMap<Command, Settled<Outcome>>>;
  runAlone(command: Command): Promise<Outcome>;
  /** An error of the whole group after which its commands must not be run again (an unknown outcome). */
  isFinal(error: unknown): boolean;
  /** What a command is told whose turn never came in time. */
  tooLate(): Error;
}

/** Groups that run at the same time. */
const LANES = 2;

/** After it a command is no longer run: whoever sent it may have given up, and something else may have happened. */
const MAX_WAIT_MS = 10_000;

/** Commands in a group at most: a larger one would only make the first of them wait. */
const MAX_GROUP = 64;

interface Waiting<Command, Outcome> {
  command: Command;
  settle: (outcome: Settled<Outcome>) => void;
  since: number;
}

/**
 * Puts concurrent commands into shared transactions, without a timer: whatever has queued up while the last
 * transaction ran goes into the next. A command that comes alone is a group of one, at once. Each caller gets
 * the outcome of its own command; when a group fails, each of its commands is run alone.
 */
export function createCoalescer<Command, Outcome>(options: CoalescerOptions<Command, Outcome>) {
  let queue: Waiting<Command, Outcome>[] = [];
  const running = new Set<Key>();
  let lanes = 0;

  const fillLanes = (): void => {
    while (lanes < LANES) {
      const group = takeGroup();
      if (group.length === 0) return;
      lanes++;
      void runGroup(group).finally(() => {
        lanes--;
        fillLanes();
      });
    }
  };

  const takeGroup = (): Waiting<Command, Outcome>[] => {
    const group: Waiting<Command, Outcome>[] = [];
    queue = queue.filter((waiting) => {
      const key = options.keyOf(waiting.command);
      if (group.length === MAX_GROUP || running.has(key)) return true;
      if (performance.now() - waiting.since > MAX_WAIT_MS) {
        waiting.settle({ error: options.tooLate() });
        return false;
      }
      running.add(key);
      group.push(waiting);
      return false;
    });
    return group.sort((a, b) => (options.keyOf(a.command) < options.keyOf(b.command) ? -1 : 1));
  };

  const finish = ({ command, settle }: Waiting<Command, Outcome>, outcome: Settled<Outcome>): void => {
    running.delete(options.keyOf(command));
    settle(outcome);
    fillLanes();
  };

  const alone = async (waiting: Waiting<Command, Outcome>): Promise<void> => {
    const outcome = await options.runAlone(waiting.command).then(
      (value) => ({ value }),
      (error: Error) => ({ error }),
    );
    finish(waiting, outcome);
  };

  const runGroup = async (group: readonly Waiting<Command, Outcome>[]): Promise<void> => {
    try {
      const outcomes = await options.runTogether(group.map(({ command }) => command));
      for (const waiting of group) {
        const outcome = outcomes.get(waiting.command);
        // Not awaited: whoever waits for a row that somebody else holds must not keep the lane from the others.
        if (outcome) finish(waiting, outcome);
        else void alone(waiting);
      }
    } catch (error) {
      if (options.isFinal(error)) group.forEach((waiting) => finish(waiting, { error: error as Error }));
      else group.forEach((waiting) => void alone(waiting));
    }
  };

  return {
    run(command: Command): Promise<Outcome> {
      return new Promise((resolve, reject) => {
        const settle = (outcome: Settled<Outcome>) =>
          'value' in outcome ? resolve(outcome.value) : reject(outcome.error);
        queue.push({ command, settle, since: performance.now() });
        fillLanes();
      });
    },
  };
}
