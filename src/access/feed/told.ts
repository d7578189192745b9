/** Positions from `first` to `last`, both included. */
export interface Gap {
  first: number;
  last: number;
}

/**
 * Which positions somebody has been told: all up to `high` but for the gaps. A position is taken before its commit, so
 * that a transaction that is still open may fill a gap later, and one that was rolled back never will.
 */
export interface Told {
  high: number;
  /** Ascending, apart from each other, below `high`. */
  gaps: readonly Gap[];
}

/** @param positions ascending, none of which has been told */
export function tell({ high, gaps }: Told, positions: readonly number[]): Told {
  const filling = positions.filter((position) => position <= high);
  const following = positions.slice(filling.length);
  const left = filling.length === 0 ? [...gaps] : gaps.flatMap((gap) => without(gap, filling));
  let end = high;
  for (const position of following) {
    if (position > end + 1) left.push({ first: end + 1, last: position - 1 });
    end = position;
  }
  return { high: end, gaps: left };
}

/** What is left of a gap. */
function without({ first, last }: Gap, positions: readonly number[]): Gap[] {
  const inside = positions.filter((position) => position >= first && position <= last);
  const starts = [first, ...inside.map((position) => position + 1)];
  const ends = [...inside.map((position) => position - 1), last];
  return starts
    .map((start, index) => ({ first: start, last: ends[index] ?? last }))
    .filter((gap) => gap.first <= gap.last);
}

/** Drops what nothing fills any more. @param settled up to here every transaction has ended */
export const settle = ({ high, gaps }: Told, settled: number): Told => ({
  high,
  gaps: gaps
    .filter(({ last }) => last > settled)
    .map(({ first, last }) => ({ first: Math.max(first, settled + 1), last })),
});

export const isTold = ({ high, gaps }: Told, position: number): boolean =>
  position <= high && !gaps.some(({ first, last }) => position >= first && position <= last);

/** Up to here nothing is missing. */
export const floorOf = ({ high, gaps }: Told): number => (gaps[0] ? gaps[0].first - 1 : high);
