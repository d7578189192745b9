import { createCoalescer, type Settled } from '../../src/database/coalescer';

interface Command {
  key: number;
  name: string;
}

/** Commands run until they are let go; what ran together, and what alone, is kept. */
function setting(overrides: Partial<Parameters<typeof createCoalescer<Command, string>>[0]> = {}) {
  const groups: string[][] = [];
  const alone: string[] = [];
  const started: string[] = [];
  const running = new Map<number, number>();
  let mostOfOneKey = 0;
  let waiting: (() => void)[] = [];
  const turn = () => new Promise<void>((resolve) => waiting.push(resolve));

  async function holding<T>(commands: readonly Command[], work: () => T): Promise<T> {
    for (const { key, name } of commands) {
      started.push(name);
      running.set(key, (running.get(key) ?? 0) + 1);
      mostOfOneKey = Math.max(mostOfOneKey, running.get(key) ?? 0);
    }
    await turn();
    for (const { key } of commands) running.set(key, (running.get(key) ?? 0) - 1);
    return work();
  }

  const coalescer = createCoalescer<Command, string>({
    keyOf: ({ key }) => key,
    runTogether: (commands) => {
      groups.push(commands.map(({ name }) => name));
      return holding(
        commands,
        () =>
          new Map<Command, Settled<string>>(commands.map((command) => [command, { value: command.name }])),
      );
    },
    runAlone: (command) => {
      alone.push(command.name);
      return holding([command], () => command.name);
    },
    isFinal: () => false,
    tooLate: () => new Error('too late'),
    ...overrides,
  });

  /** Lets go of whatever runs now. */
  const letGo = () => {
    const now = waiting;
    waiting = [];
    now.forEach((resolve) => resolve());
  };

  /** Lets go of everything until these have an outcome. */
  async function finish<T>(outcomes: readonly Promise<T>[]) {
    const settled = Promise.allSettled(outcomes);
    let done = false;
    void settled.then(() => (done = true));
    while (!done) {
      letGo();
      await new Promise(setImmediate);
    }
    return settled;
  }

  return {
    groups,
    alone,
    started,
    mostOfOneKey: () => mostOfOneKey,
    run: (key: number, name = String(key)) => coalescer.run({ key, name }),
    finish,
  };
}

const fulfilled = (value: string) => ({ status: 'fulfilled', value });
const rejected = (reason: unknown) => ({ status: 'rejected', reason });

describe('the coalescer', () => {
  it('runs a command that comes alone at once, as a group of one', async () => {
    const { run, alone, groups, finish } = setting();
    const one = run(1);
    expect(groups).toEqual([['1']]);
    await finish([one]);
    expect(alone).toEqual([]);
  });

  it('does not let held rows keep the lanes from others', async () => {
    const held = new Set([1, 2]);
    const s = setting({
      runTogether: (commands) =>
        Promise.resolve(
          new Map(
            commands.filter(({ key }) => !held.has(key)).map((command) => [command, { value: 'free' }]),
          ),
        ),
    });
    const waiting = [s.run(1), s.run(2)];
    // Nothing that runs alone is let go of.
    expect(await s.run(3)).toBe('free');
    expect(s.alone).toEqual(['1', '2']);
    await s.finish(waiting);
  });

  it('does not run a command whose turn comes when its caller has given up', async () => {
    const s = setting();
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    const calls = [s.run(1, 'first'), s.run(1, 'second')];
    clock.mockReturnValue(10_001);
    const outcomes = await s.finish(calls);
    clock.mockRestore();
    expect(outcomes).toEqual([fulfilled('first'), rejected(new Error('too late'))]);
    expect(s.started).toEqual(['first']);
  });

  it('puts what queued up behind two lanes into one group, in the order of keys', async () => {
    const s = setting();
    const all = [7, 8, 5, 3, 9].map((key) => s.run(key));
    expect(s.groups).toEqual([['7'], ['8']]);
    expect(await s.finish(all)).toEqual(['7', '8', '5', '3', '9'].map(fulfilled));
    expect(s.groups.slice(2)).toEqual([['3', '5', '9']]);
    expect(s.alone).toEqual([]);
  });

  it('never runs two commands of one key at once, nor in one group, and keeps their order', async () => {
    const s = setting();
    const calls = Array.from({ length: 60 }, (_, index) => s.run(index % 3, `${index % 3}:${index}`));
    await s.finish(calls);
    expect(s.mostOfOneKey()).toBe(1);
    for (const group of s.groups) expect(new Set(group.map((name) => name[0])).size).toBe(group.length);
    for (const key of [0, 1, 2]) {
      const numbers = s.started
        .filter((name) => name.startsWith(`${key}:`))
        .map((name) => Number(name.slice(2)));
      expect(numbers).toEqual(Array.from({ length: 20 }, (_, index) => index * 3 + key));
    }
  });

  it('takes at most 64 in a group', async () => {
    const s = setting();
    await s.finish(Array.from({ length: 202 }, (_, key) => s.run(key)));
    expect(Math.max(...s.groups.map((group) => group.length))).toBe(64);
    expect(s.groups.flat().length).toBe(202);
  });

  it('runs what a group left out alone, and gives the others their outcome', async () => {
    const s = setting({
      runTogether: (commands) =>
        Promise.resolve(
          new Map<Command, Settled<string>>(
            commands.filter(({ key }) => key !== 4).map((command) => [command, { value: 'together' }]),
          ),
        ),
    });
    const outcomes = await s.finish([1, 2, 3, 4, 5].map((key) => s.run(key)));
    expect(outcomes).toEqual(['together', 'together', 'together', '4', 'together'].map(fulfilled));
    expect(s.alone).toEqual(['4']);
  });

  it('a command of the group may fail by itself', async () => {
    const failure = new Error('only mine');
    const s = setting({
      runTogether: (commands) =>
        Promise.resolve(
          new Map<Command, Settled<string>>(
            commands.map((command) => [
              command,
              command.key === 4 ? { error: failure } : { value: 'together' },
            ]),
          ),
        ),
    });
    const outcomes = await s.finish([1, 2, 3, 4].map((key) => s.run(key)));
    expect(outcomes.slice(2)).toEqual([fulfilled('together'), rejected(failure)]);
    expect(s.alone).toEqual([]);
  });

  it('runs each alone where the group failed, and each gets its own outcome', async () => {
    const failure = new Error('of 4 alone');
    const alone: number[] = [];
    const s = setting({
      runTogether: () => Promise.reject(new Error('of the group')),
      runAlone: ({ key, name }) => {
        alone.push(key);
        return key === 4 ? Promise.reject(failure) : Promise.resolve(name);
      },
    });
    const outcomes = await s.finish([1, 2, 3, 4, 5].map((key) => s.run(key)));
    expect(outcomes).toEqual([...['1', '2', '3'].map(fulfilled), rejected(failure), fulfilled('5')]);
    expect(alone).toEqual([1, 2, 3, 4, 5]);
  });

  it('I3: runs none again after an error that is final', async () => {
    const lost = new Error('outcome unknown');
    const s = setting({ runTogether: () => Promise.reject(lost), isFinal: (error) => error === lost });
    const outcomes = await s.finish([1, 2, 3, 4].map((key) => s.run(key)));
    expect(outcomes).toEqual([1, 2, 3, 4].map(() => rejected(lost)));
    expect(s.alone).toEqual([]);
  });

  it('frees the key and the lane after every kind of end', async () => {
    const always = () => Promise.reject(new Error('always'));
    const s = setting({ runTogether: always, runAlone: always });
    for (let round = 0; round < 5; round++) {
      const outcomes = await s.finish([1, 1, 2].map((key) => s.run(key)));
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    }
  });
});
