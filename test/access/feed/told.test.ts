import { type Cursor, decodeCursor, encodeCursor, MAX_GAPS } from '../../../src/access/feed/cursor';
import { type FeedPage, pageOf } from '../../../src/access/feed/feed-page';
import type { Revocation } from '../../../src/access/feed/revocation-rows';
import { floorOf, isTold, settle, tell, type Told } from '../../../src/access/feed/told';
import { DomainError } from '../../../src/errors';
import { seededRandom } from '../../invariants/support/random';

const nothing: Told = { high: 0, gaps: [] };
const start: Cursor = { ...nothing, top: 0, topAt: 0, digest: '' };
const row = (position: number): Revocation => ({
  position,
  uid: `u${position}`,
  sid: null,
  epoch: 2,
  revokedAt: new Date(1_000 + (position % 1_000_000)),
});
const positionsOf = ({ items }: FeedPage): number[] => items.map(({ position }) => position);

describe('what has been told', () => {
  it('are the positions up to the highest, but for those that were not there', () => {
    const told = tell(nothing, [1, 4, 5, 9]);
    expect(told).toEqual({
      high: 9,
      gaps: [
        { first: 2, last: 3 },
        { first: 6, last: 8 },
      ],
    });
    expect([1, 2, 5, 7, 9, 10].map((position) => isTold(told, position))).toEqual([
      true,
      false,
      true,
      false,
      true,
      false,
    ]);
    expect(floorOf(told)).toBe(1);
  });

  it('grow into a gap from either end and from its middle', () => {
    const told = tell(nothing, [1, 10]);
    expect(tell(told, [2]).gaps).toEqual([{ first: 3, last: 9 }]);
    expect(tell(told, [9]).gaps).toEqual([{ first: 2, last: 8 }]);
    expect(tell(told, [5, 6, 12])).toEqual({
      high: 12,
      gaps: [
        { first: 2, last: 4 },
        { first: 7, last: 9 },
        { first: 11, last: 11 },
      ],
    });
    expect(tell(told, [2, 3, 4, 5, 6, 7, 8, 9])).toEqual({ high: 10, gaps: [] });
  });

  it('keep no gap that nothing fills any more', () => {
    const told = tell(nothing, [1, 4, 9]);
    expect(settle(told, 3)).toEqual({ high: 9, gaps: [{ first: 5, last: 8 }] });
    expect(settle(told, 6)).toEqual({ high: 9, gaps: [{ first: 7, last: 8 }] });
    expect(floorOf(settle(told, 8))).toBe(9);
  });
});

/** All that a consumer is told who asks again and again, until there is nothing more. */
function toldIn(rows: readonly Revocation[], cursor: Cursor, limit: number, settled: number): Set<number> {
  const told = new Set<number>();
  let at = cursor;
  for (let polls = 0; polls < 200; polls++) {
    const page = pageOf(rows, at, limit, settled);
    positionsOf(page).forEach((position) => told.add(position));
    at = page.next;
    if (!page.more) return told;
  }
  throw new Error('it never came to an end');
}

describe('a page that ends in the middle of a gap', () => {
  it.each([1, 2, 3, 10])(
    'does not lose what filled the rest of it, though it is settled (I1): %i',
    (limit) => {
      const cursor: Cursor = { ...start, high: 20, top: 20, topAt: 1_020, gaps: [{ first: 11, last: 15 }] };
      const rows = [11, 12, 13, 14, 15, 20, 21, 22].map(row);
      expect([...toldIn(rows, cursor, limit, 22)].sort()).toEqual([11, 12, 13, 14, 15, 21, 22]);
    },
  );

  it('comes to an end where there are more gaps than a cursor holds, and one is filled late', () => {
    // Every other position is missing, as where another server hands them out.
    const rows = Array.from({ length: 600 }, (_, index) => row(2 * index + 2));
    const { next } = pageOf(rows, start, 1_000, 0);
    const told = toldIn([row(1), ...rows], next, 50, 0);
    expect(told.has(1)).toBe(true);
  });
});

describe('a cursor', () => {
  it('comes back as it was given out, in characters that need no encoding', () => {
    const { next } = pageOf([1, 5, 9].map(row), start, 10, 0);
    const text = encodeCursor(next);
    expect(text).toMatch(/^[A-Za-z0-9._~-]{1,4000}$/);
    expect(decodeCursor(text)).toEqual(next);
  });

  it('stays below 4,000 characters whatever the positions', () => {
    const high = Number.MAX_SAFE_INTEGER - 1_000;
    const positions = Array.from({ length: 300 }, (_, n) => high + n * 3);
    const { next } = pageOf(positions.map(row), { ...start, high: high - 1, top: high - 1 }, 1_000, 0);
    expect(next.gaps).toHaveLength(MAX_GAPS);
    expect(encodeCursor(next).length).toBeLessThan(4_000);
    expect(decodeCursor(encodeCursor(next))).toEqual(next);
  });

  it.each([
    '',
    '1',
    '2.1.1.1..',
    '1.1.1.1..x.y',
    '1.-1.1.1..',
    '1.2.1.1..',
    '1.9.9.1.3-2.',
    '1.9.9.1.3-9.',
    '1.9.9.1.3-4~2-2.',
    '1.9.9.1.3-4-5.',
    '1.9.9.1.3.',
    '1.1.1.zzzzzzzzzzz..',
    '1.1.1.1..ä',
    `1.${'z'.repeat(12)}.1.1..`,
    `1.zz.zz.1.${Array.from({ length: MAX_GAPS + 1 }, (_, n) => `${(n * 2 + 2).toString(36)}-${(n * 2 + 2).toString(36)}`).join('~')}.`,
  ])('is refused where it is none: %s (I8)', (text) => {
    expect(() => decodeCursor(text)).toThrow(DomainError);
  });
});

describe('the pages of the feed', () => {
  it('tell what is new, in order, so much at once, and whether there is more', () => {
    const rows = [1, 2, 3, 4, 5].map(row);
    const first = pageOf(rows, start, 2, 0);
    expect([positionsOf(first), first.more]).toEqual([[1, 2], true]);
    const second = pageOf(rows, first.next, 3, 0);
    expect([positionsOf(second), second.more]).toEqual([[3, 4, 5], false]);
    expect(pageOf(rows, second.next, 3, 0).items).toEqual([]);
  });

  it('I1: tell what was committed late, below what was told before', () => {
    const { next } = pageOf([1, 3].map(row), start, 10, 0);
    const late = pageOf([1, 2, 3, 4].map(row), next, 10, 0);
    expect(positionsOf(late)).toEqual([2, 4]);
    expect(late.next.gaps).toEqual([]);
  });

  it('with more gaps than a cursor holds, tell again what lies beyond them, only when something has changed', () => {
    const odd = Array.from({ length: 3 * MAX_GAPS }, (_, n) => row(2 * n + 1));
    const { next } = pageOf(odd, start, 10_000, 0);
    expect(next.high).toBeLessThan(next.top);
    // Else a consumer that waits would be answered at once, and ask again at once.
    expect(pageOf(odd, next, 10_000, 0).items).toEqual([]);
    const above = pageOf([...odd, row(10_001)], next, 10_000, 0);
    expect(positionsOf(above)).toEqual([10_001]);
    expect(pageOf([...odd, row(10_001)], above.next, 10_000, 0).items).toEqual([]);
    const late = [...odd, row(2 * MAX_GAPS + 50)].sort((a, b) => a.position - b.position);
    const again = pageOf(late, next, 10_000, 0);
    expect(positionsOf(again)).toContain(2 * MAX_GAPS + 50);
    expect(pageOf(late, again.next, 10_000, 0).items).toEqual([]);
    // Once all transactions of that time have ended, nothing is left to be remembered.
    expect(pageOf(late, again.next, 10_000, 10_000).next).toMatchObject({ gaps: [], high: next.top });
  });

  it('I1: leave nothing out, whatever commits when, is rolled back, erased or cut into pages', () => {
    const random = seededRandom('the pages of the feed');
    for (let round = 0; round < 200; round++) {
      const visible = new Map<number, Revocation>();
      const open = new Set<number>();
      const told = new Set<number>();
      let cursor = start;
      let position = 0;
      const stride = random.below(3) + 1;
      const limit = random.below(7) + 1;
      const poll = (): FeedPage => {
        const rows = [...visible.values()].sort((a, b) => a.position - b.position);
        const page = pageOf(rows, decodeCursor(encodeCursor(cursor)), limit, 0);
        page.items.forEach((item) => told.add(item.position));
        cursor = page.next;
        return page;
      };
      for (let step = 0; step < 60; step++) {
        const what = random.below(10);
        const [some] = open;
        if (what < 4) open.add((position += stride));
        else if (what < 7 && some !== undefined) {
          open.delete(some);
          visible.set(some, row(some));
        } else if (what === 7 && some !== undefined) open.delete(some);
        else poll();
      }
      open.forEach((one) => visible.set(one, row(one)));
      for (let polls = 0; poll().more; polls++) expect(polls).toBeLessThan(200);
      const missing = [...visible.keys()].filter((one) => !told.has(one));
      expect({ round, missing }).toEqual({ round, missing: [] });
    }
  });
});
