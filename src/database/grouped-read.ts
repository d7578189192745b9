/** Reads that run at the same time. */
const LANES = 2;

/** Keys that come together in one statement, unless whoever reads says otherwise. */
const MAX_GROUP = 200;

/** Reads what stands under these keys; the answer may hold what stands under others, too. */
export type GroupedRead<Key, Found> = (keys: readonly Key[]) => Promise<Found>;

interface Group<Key, Found> {
  keys: Key[];
  found: Promise<Found>;
  start: () => void;
}

/**
 * Puts concurrent reads into shared statements, without a timer: whatever is asked for while others are read goes
 * into the next. A read always begins after it was asked for, so that it sees what was committed before.
 * @param read one statement; a key may come twice
 * @param maxGroup keys of several callers in one statement; the keys of one are never parted
 */
export function createGroupedRead<Key, Found>(
  read: (keys: readonly Key[]) => Promise<Found>,
  maxGroup = MAX_GROUP,
): GroupedRead<Key, Found> {
  const waiting: Group<Key, Found>[] = [];
  let lanes = 0;

  const fillLanes = (): void => {
    while (lanes < LANES) {
      const group = waiting.shift();
      if (!group) return;
      lanes++;
      group.start();
    }
  };

  const open = (): Group<Key, Found> => {
    const keys: Key[] = [];
    let start: () => void = () => undefined;
    const found = new Promise<void>((resolve) => (start = resolve))
      .then(() => read(keys))
      .finally(() => {
        lanes--;
        fillLanes();
      });
    const group = { keys, found, start };
    waiting.push(group);
    return group;
  };

  return (keys) => {
    const last = waiting.at(-1);
    const group = last && last.keys.length + keys.length <= maxGroup ? last : open();
    group.keys.push(...keys);
    fillLanes();
    return group.found;
  };
}
