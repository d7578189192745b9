import { DomainError } from '../errors';

/** Items a page where the caller does not say (the contract's default). */
export const DEFAULT_LIMIT = 50;

export interface Page<T> {
  items: T[];
  /** The cursor of the following page; null on the last. */
  next: string | null;
}

/**
 * Makes a page of `limit` items out of up to `limit + 1` rows: the one more tells that there is a following page.
 * @param keyOf where the following page begins, given the last item shown: its time, and its id as a tie-breaker
 */
export function toPage<Row, Item>(
  rows: readonly Row[],
  limit: number,
  show: (row: Row) => Item,
  keyOf: (row: Row) => [Date, string],
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return { items: shown.map(show), next: rows.length > limit && last ? encodeCursor(keyOf(last)) : null };
}

/** Where a list goes on, given the last item: its time, and its id as a tie-breaker. */
export const encodeCursor = ([time, key]: [Date, string]): string =>
  Buffer.from(JSON.stringify([time.getTime(), key])).toString('base64url');

/**
 * @param isKey whether the tie-breaker is one of this list's
 * @throws `pagination.cursor_invalid`
 */
export function decodeCursor(
  cursor: string | undefined,
  isKey: (key: string) => boolean,
): { createdAt: Date; key: string } | null {
  if (cursor === undefined) return null;
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    const [time, key] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
    const createdAt = new Date(typeof time === 'number' ? time : Number.NaN);
    if (typeof key === 'string' && isKey(key) && isBefore2101(createdAt)) return { createdAt, key };
  } catch {
    // Not JSON: refused below like every other text that is no cursor.
  }
  throw new DomainError('pagination.cursor_invalid', 'The cursor is not one that this list gave out.', {
    fields: [{ pointer: '/query/cursor', detail: 'must be the `next` of the page before' }],
  });
}

const isBefore2101 = (time: Date): boolean => time.getTime() >= 0 && time.getTime() < Date.UTC(2101, 0);

/** The total of a list that a page by offset ends: it tells it by itself. Null where somebody has to count. */
export const totalAtEnd = (
  { limit, offset }: { limit: number; offset: number },
  shown: number,
): number | null => (shown < limit && (shown > 0 || offset === 0) ? offset + shown : null);
