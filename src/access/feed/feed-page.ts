import { createHash } from 'node:crypto';
import { type Cursor, MAX_GAPS } from './cursor';
import type { Revocation } from './revocation-rows';
import { isTold, settle, tell, type Told } from './told';

/** One answer of the feed. */
export interface FeedPage {
  items: Revocation[];
  /** There is more to be had at once. */
  more: boolean;
  next: Cursor;
}

/**
 * What a consumer has not been told.
 * @param rows ascending: all from the cursor's first gap on, or the first of them, one more than `limit`
 * @param settled up to here no gap is filled any more; known before the rows were read
 */
export function pageOf(
  rows: readonly Revocation[],
  cursor: Cursor,
  limit: number,
  settled: number,
): FeedPage {
  const untold = rows.filter(({ position }) => !isTold(cursor, position));
  const between = untold.filter(({ position }) => position > cursor.high && position <= cursor.top);
  // As it was told the last time; where something has come or gone since, all of it is told again.
  const isKnown = between.length > 0 && digestOf(between) === cursor.digest;
  const unknown = isKnown
    ? untold.filter(({ position }) => position <= cursor.high || position > cursor.top)
    : untold;
  const items = unknown.slice(0, limit);
  const more = unknown.length > limit;
  const told = tell(cursor, ascending(isKnown ? [...between, ...items] : items));
  const last = items.at(-1);
  // What is told again page by page ends where this page does, or its beginning would be told for ever.
  const isAgain = more && !isKnown && last !== undefined && last.position > cursor.high;
  const top = last && (isAgain || last.position > cursor.top) ? landmarkOf(last) : cursor;
  // A gap that is settled may have been filled by rows that are left for the next page.
  const firstLeft = unknown[limit]?.position ?? Number.POSITIVE_INFINITY;
  return { items, more, next: toCursor(settle(told, Math.min(settled, firstLeft - 1)), rows, top) };
}

const landmarkOf = ({ position, revokedAt }: Revocation): Pick<Cursor, 'top' | 'topAt'> => ({
  top: position,
  topAt: revokedAt.getTime(),
});

/** A cursor of bounded length: with too many gaps it stays below the first that it cannot hold. */
function toCursor(
  told: Told,
  rows: readonly Revocation[],
  { top, topAt }: Pick<Cursor, 'top' | 'topAt'>,
): Cursor {
  const beyond = told.gaps[MAX_GAPS];
  const high = beyond ? beyond.first - 1 : told.high;
  const between = rows.filter(({ position }) => position > high && position <= top && isTold(told, position));
  return { high, gaps: told.gaps.slice(0, MAX_GAPS), top, topAt, digest: digestOf(between) };
}

const ascending = (rows: readonly Revocation[]): number[] =>
  rows.map(({ position }) => position).sort((a, b) => a - b);

/** Of the positions; nothing for none. */
const digestOf = (rows: readonly Revocation[]): string =>
  rows.length === 0
    ? ''
    : createHash('sha256')
        .update(rows.map(({ position }) => position).join())
        .digest('base64url')
        .slice(0, 22);
