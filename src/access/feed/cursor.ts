import { DomainError } from '../../errors';
import type { Gap, Told } from './told';

/** Where a consumer of the feed stands; what `next` and `after` carry. */
export interface Cursor extends Told {
  /**
   * The highest position that was told. It is above `high` where there are more gaps than a cursor holds: what lies
   * between is told again where it is not, by its digest, what it was.
   */
  top: number;
  /** When the row at `top` says that it happened, in milliseconds since 1970: another one there is of another history. */
  topAt: number;
  /** Of the positions between `high` and `top`. */
  digest: string;
}

/** Gaps that a cursor holds; with the longest positions it stays below 3,000 characters. */
export const MAX_GAPS = 100;

const VERSION = '1';
const RADIX = 36;
const NUMBER = /^[0-9a-z]{1,11}$/;
const DIGEST = /^[A-Za-z0-9_-]{0,22}$/;

export function encodeCursor({ high, top, topAt, gaps, digest }: Cursor): string {
  const inside = gaps.map(({ first, last }) => `${write(first)}-${write(last)}`).join('~');
  return [VERSION, write(high), write(top), write(topAt), inside, digest].join('.');
}

/** @throws `pagination.cursor_invalid` */
export function decodeCursor(text: string): Cursor {
  const [version, high = '', top = '', topAt = '', inside = '', digest = '', ...more] = text.split('.');
  const gaps = inside === '' ? [] : inside.split('~').map(readGap);
  const cursor = { high: read(high), top: read(top), topAt: read(topAt), gaps, digest };
  const isOne = version === VERSION && more.length === 0 && DIGEST.test(digest) && isConsistent(cursor);
  if (isOne) return cursor;
  throw new DomainError('pagination.cursor_invalid', 'The cursor is not one that this feed gave out.', {
    fields: [{ pointer: '/query/after', detail: 'must be the `next` of an answer' }],
  });
}

const write = (value: number): string => value.toString(RADIX);

const read = (text: string): number => (NUMBER.test(text) ? Number.parseInt(text, RADIX) : Number.NaN);

function readGap(text: string): Gap {
  const [first = '', last = '', ...more] = text.split('-');
  return more.length === 0 ? { first: read(first), last: read(last) } : { first: Number.NaN, last: 0 };
}

/** Comparisons with NaN are false. */
const isConsistent = ({ high, top, topAt, gaps }: Cursor): boolean =>
  [high, top, topAt].every((value) => Number.isSafeInteger(value)) &&
  top >= high &&
  gaps.length <= MAX_GAPS &&
  gaps.every(({ first, last }, index) => {
    const before = gaps[index - 1]?.last ?? 0;
    return first > before && first <= last && last < high;
  });
