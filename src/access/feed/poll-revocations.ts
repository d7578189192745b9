import type { Database } from '../../database/database';
import { fromNow } from '../../database/sql';
import type { Wakeups } from '../../wakeups/wakeups';
import { cursorUnknown } from '../access.errors';
import type { Cursor } from './cursor';
import { type FeedPage, pageOf } from './feed-page';
import { type Landmark, lastPositionBefore, readLandmarks, readRevocations } from './revocation-rows';
import { floorOf } from './told';
import { createRevocationWatch } from './revocation-watch';
import { createRevocationWindow, type RevocationWindow, SETTLED_MS } from './revocation-window';

export interface Poll {
  /** Absent: from the beginning of the backlog. */
  after: Cursor | null;
  limit: number;
  waitMs: number;
}

export interface RevocationFeed {
  /**
   * What a consumer has not been told, as soon as there is something. Nothing is answered but after a read of the primary
   * during the poll. No connection is held while it waits.
   * @param gone that nobody waits for the answer any more
   * @throws `revocations.cursor_unknown`, `service.busy`
   */
  poll(poll: Poll, gone: AbortSignal): Promise<FeedPage>;
  /**
   * Page after page, as though each but the first were asked for with the `next` of the one before: the first at once, every
   * other as soon as it has something to tell, until the wait is over.
   * @param lingerMs after the first that tells something it ends, where a consumer is to say soon that it has applied it
   * @throws as `poll`
   */
  follow(poll: Poll, lingerMs: number | null, gone: AbortSignal): AsyncGenerator<FeedPage, void>;
  /** Whether a cursor is of this history, and all that it covers has been seen here, without a gap. */
  confirms(cursor: Cursor): boolean;
  /** Has all who wait answered at once: the process is about to end. */
  end(): void;
}

export interface FeedOptions {
  database: Database;
  wakeups: Wakeups;
  /** So long a token lives that was issued before an end of access, in milliseconds. */
  backlogMs: number;
}

/** The last read of those who wait may be so old, in milliseconds: a little more than is between two of them. */
const RECENT_MS = 1_200;

/** All who begin within it begin at the same row. */
const START_KEPT_MS = 10_000;

export function createRevocationFeed({ database, wakeups, backlogMs }: FeedOptions): RevocationFeed {
  const window = createRevocationWindow(database);
  const watch = createRevocationWatch(window, wakeups);
  const backlogStart = keptFor(START_KEPT_MS, async () =>
    // The order of positions is that of times but for what a transaction may take.
    toStart(await lastPositionBefore(database, fromNow(-backlogMs - SETTLED_MS))),
  );

  const fromDatabase = async (cursor: Cursor, limit: number): Promise<FeedPage> => {
    const { newest, nearest } = await readLandmarks(database, cursor.top);
    if (!isOfThisHistory(cursor, newest, nearest, backlogMs)) throw cursorUnknown();
    const { settled } = window;
    const { rows } = await readRevocations(database, cursor.high + 1, cursor.gaps, limit + 1);
    return pageOf(rows, cursor, limit, settled);
  };

  const isKnown = (cursor: Cursor): boolean => {
    const newest = window.rows.at(-1) ?? landmark(window.from);
    const nearest = window.rows.findLast(({ position }) => position <= cursor.top) ?? landmark(window.from);
    return isOfThisHistory(cursor, newest, nearest, backlogMs);
  };

  const fromMemory = (cursor: Cursor, limit: number): FeedPage => {
    if (!isKnown(cursor)) throw cursorUnknown();
    return lookInto(window, cursor, limit);
  };

  const pageAt = async (cursor: Cursor, limit: number): Promise<FeedPage> =>
    reaches(window, cursor) ? fromMemory(cursor, limit) : fromDatabase(cursor, limit);

  /** @param since whether the cursor is known is seen by a read that began after it, by `performance.now()` */
  const hasNothing = (cursor: Cursor, since: number): boolean =>
    reaches(window, cursor) &&
    (window.readAt < since || isKnown(cursor)) &&
    lookInto(window, cursor, 1).items.length === 0;

  return {
    async poll({ after, limit, waitMs }, gone) {
      const begunAt = performance.now();
      const left = () => begunAt + waitMs - performance.now();
      const cursor = after ?? (await backlogStart());
      const goesOn = () => left() > 0 && hasNothing(cursor, begunAt) && !gone.aborted && !watch.hasEnded;
      while (goesOn()) await watch.next(left(), gone);
      const isRecent = window.readAt >= Math.max(begunAt, performance.now() - RECENT_MS);
      if (!isRecent) await window.read();
      return pageAt(cursor, limit);
    },

    async *follow({ after, limit, waitMs }, lingerMs, gone) {
      const begunAt = performance.now();
      let until = begunAt + waitMs;
      const left = () => until - performance.now();
      const cursor = after ?? (await backlogStart());
      const goesOn = (at: Cursor) =>
        left() > 0 && hasNothing(at, begunAt) && !gone.aborted && !watch.hasEnded;
      while (window.readAt < begunAt && goesOn(cursor)) await watch.soon(left(), gone);
      if (window.readAt < begunAt) await window.read();
      let page = await pageAt(cursor, limit);
      yield page;
      for (;;) {
        if (page.items.length > 0 && lingerMs !== null) until = Math.min(until, performance.now() + lingerMs);
        const { next } = page;
        while (goesOn(next)) await watch.next(left(), gone);
        if (hasNothing(next, begunAt)) return;
        page = await pageAt(next, limit);
        // From further back than is in memory there is nothing to be heard of: the next request tells where that is.
        if (page.items.length === 0) return;
        yield page;
      }
    },
    confirms: (cursor) => reaches(window, cursor) && isKnown(cursor) && floorOf(cursor) <= window.floor,
    end: () => watch.end(),
  };
}

const toStart = (start: Landmark | null): Cursor => {
  const position = start?.position ?? 0;
  return { high: position, gaps: [], top: position, topAt: start?.revokedAt.getTime() ?? 0, digest: '' };
};

/** Position 0 is before every row. */
const landmark = (from: Landmark): Landmark | null => (from.position > 0 ? from : null);

/** Whether all that the cursor has not been told is in memory. */
const reaches = ({ from }: RevocationWindow, { high, gaps }: Cursor): boolean =>
  high >= from.position && (gaps[0]?.first ?? Number.POSITIVE_INFINITY) > from.position;

function lookInto({ rows, settled }: RevocationWindow, cursor: Cursor, limit: number): FeedPage {
  const after = Math.min(cursor.high, (cursor.gaps[0]?.first ?? Number.POSITIVE_INFINITY) - 1);
  return pageOf(rows.slice(firstAbove(rows, after)), cursor, limit, settled);
}

/** The index of the first row above a position. */
function firstAbove(rows: readonly Landmark[], position: number): number {
  let [low, high] = [0, rows.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((rows[middle]?.position ?? 0) > position) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * Whether the row that the cursor ends with is one of this database's. Where it is gone, an erasure has left newer rows
 * behind and older times before it, and retention takes nothing that is young; a database that was restored from a
 * backup has either not come so far yet, or has another row there, or a younger one before it.
 */
function isOfThisHistory(
  { top, topAt }: Cursor,
  newest: Landmark | null,
  nearest: Landmark | null,
  backlogMs: number,
): boolean {
  if (top === 0) return true;
  if (nearest?.position === top) return nearest.revokedAt.getTime() === topAt;
  if (newest === null) return topAt < Date.now() - backlogMs - SETTLED_MS;
  return newest.position > top && (nearest === null || nearest.revokedAt.getTime() <= topAt + SETTLED_MS);
}

/** Asks again where the last answer is older; those who ask meanwhile get the same. */
function keptFor<T>(ms: number, ask: () => Promise<T>): () => Promise<T> {
  let kept: { answer: Promise<T>; until: number } | null = null;
  return () => {
    if (!kept || performance.now() > kept.until) {
      const answer = ask();
      kept = { answer, until: performance.now() + ms };
      answer.catch(() => (kept = null));
    }
    return kept.answer;
  };
}
