import { setImmediate as turn } from 'node:timers/promises';
import { createGroupedRead } from '../../src/database/grouped-read';

/** A store whose reads end when the test says so. */
function createStore() {
  const rows = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  const started: { keys: readonly string[]; end: (error?: Error) => void }[] = [];
  const readTogether = createGroupedRead(
    (keys: readonly string[]) =>
      new Promise<ReadonlyMap<string, number>>((resolve, reject) => {
        started.push({ keys, end: (error) => (error ? reject(error) : resolve(new Map(rows))) });
      }),
  );
  const read = async (key: string) => (await readTogether([key])).get(key);
  return { rows, started, read, readTogether };
}

describe('reads that are asked for at the same time', () => {
  it('a lone one is read at once; what comes while two are read goes into one more', async () => {
    const { started, read } = createStore();
    const first = read('a');
    await turn();
    const second = read('b');
    await turn();
    const others = ['a', 'b', 'a', 'nothing'].map(read);
    await turn();
    expect(started.map(({ keys }) => keys)).toEqual([['a'], ['b']]);
    started[0]?.end();
    expect(await first).toBe(1);
    await turn();
    expect(started[2]?.keys).toEqual(['a', 'b', 'a', 'nothing']);
    started[1]?.end();
    started[2]?.end();
    expect(await second).toBe(2);
    expect(await Promise.all(others)).toEqual([1, 2, 1, undefined]);
  });

  it('I1: none is answered by a read that began before it was asked for', async () => {
    const { rows, started, read } = createStore();
    const before = [read('a'), read('b')];
    await turn();
    const stale = new Map(rows);
    rows.set('a', 7);
    const after = read('a');
    await turn();
    started.forEach(({ end }) => end());
    await Promise.all(before);
    await turn();
    started.at(-1)?.end();
    expect([stale.get('a'), await after]).toEqual([1, 7]);
    expect(started.length).toBeGreaterThan(1);
  });

  it('a read that fails fails those alone who shared it, and holds up nobody', async () => {
    const { started, read } = createStore();
    const failing = read('a').catch((error: Error) => error.message);
    await turn();
    const other = read('b');
    await turn();
    const waiting = read('a');
    started[0]?.end(new Error('away'));
    expect(await failing).toBe('away');
    await turn();
    started.slice(1).forEach(({ end }) => end());
    expect([await other, await waiting]).toEqual([2, 1]);
  });

  it('a statement holds 200 keys at most', async () => {
    const { started, read } = createStore();
    const all = Array.from({ length: 450 }, (_, at) => read(`key-${at}`));
    for (let at = 0; at < 3; at++) {
      await turn();
      started.at(-1)?.end();
    }
    started.forEach(({ end }) => end());
    await turn();
    started.forEach(({ end }) => end());
    await Promise.all(all);
    expect(started.reduce((sum, { keys }) => sum + keys.length, 0)).toBe(450);
    expect(Math.max(...started.map(({ keys }) => keys.length))).toBeLessThanOrEqual(200);
  });

  it('the keys of one caller are read together, with those of others where there is room', async () => {
    const { started, readTogether } = createStore();
    const lanes = [readTogether(['a']), readTogether(['b'])];
    const many = (caller: string, count: number) =>
      Array.from({ length: count }, (_, at) => `${caller}-${at}`);
    const others = [many('first', 150), many('second', 50), many('third', 1), many('fourth', 300)];
    const answers = others.map(readTogether);
    for (let at = 0; at < 5; at++) {
      await turn();
      started[at]?.end();
    }
    await Promise.all([...lanes, ...answers]);
    const [first = [], second = [], third = [], fourth = []] = others;
    expect(started.slice(2).map(({ keys }) => keys)).toEqual([[...first, ...second], third, fourth]);
  });
});
