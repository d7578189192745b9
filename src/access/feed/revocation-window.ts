import type { Database } from '../../database/database';
import { fromNow } from '../../database/sql';
import { busy } from '../../database/faults';
import { MAX_TRANSACTION_MS, TRANSACTION_LIMIT_MS } from '../../database/engines/engine';
import {
  hasOverdue,
  type Landmark,
  lastPositionBefore,
  readLandmarks,
  readRevocations,
  type Revocation,
} from './revocation-rows';
import { singleFlight } from './single-flight';
import { floorOf, isTold, settle, tell, type Told } from './told';

/**
 * So long after the time of a row no transaction is open any more that took a position below its own: the row's may
 * have been as old as any when it took its position, and another's as young as any.
 */
export const SETTLED_MS = 2 * (MAX_TRANSACTION_MS + TRANSACTION_LIMIT_MS);

/** Rows are held so long, for those who were told a moment ago; whoever comes from further back asks the database. */
const HELD_MS = 2 * SETTLED_MS;

/** What a fence over millions of users must not fill the memory with. */
const MAX_ROWS = 100_000;

/** Rows of one statement. */
const PAGE = 10_000;

/** Ranges of a statement; from the next gap on all rows are read again. */
const MAX_RANGES = 100;

const TRIM_EVERY_MS = 1_000;

/** A database that answers no sooner is away: who waits is told so. */
const READ_LIMIT_MS = 2_000;

/** The newest rows of the feed in memory, as of the last read: one read serves all that wait in this process. */
export interface RevocationWindow {
  /** Reads the primary, beginning after this call. @throws where the database does not answer */
  read(): Promise<void>;
  /** Rows above this position are here; the others are in the database alone. */
  readonly from: Landmark;
  /** Ascending. */
  readonly rows: readonly Revocation[];
  /** Up to here no gap is filled any more. */
  readonly settled: number;
  /** Up to here nothing is missing, as far as is known. */
  readonly floor: number;
  /** When the last read that succeeded was begun, by `performance.now()`. */
  readonly readAt: number;
}

export function createRevocationWindow(database: Database): RevocationWindow {
  const nowhere: Landmark = { position: 0, revokedAt: new Date(0) };
  let from = nowhere;
  let rows: Revocation[] = [];
  let told: Told = { high: 0, gaps: [] };
  let now = new Date(0);
  let settled = 0;
  let loaded = false;
  let readAt = Number.NEGATIVE_INFINITY;
  let trimmedAt = Number.NEGATIVE_INFINITY;

  /** A run that was given up must not go on when its answer comes after all. */
  let runs = 0;
  const stillRuns = (): (() => void) => {
    const mine = ++runs;
    return () => {
      if (mine !== runs) throw tooLate();
    };
  };

  const isOlder = ({ revokedAt }: Landmark, ms: number): boolean => revokedAt.getTime() < now.getTime() - ms;

  const load = async (check: () => void): Promise<void> => {
    const found = (await lastPositionBefore(database, fromNow(-HELD_MS))) ?? nowhere;
    const { newest } = await readLandmarks(database, 0);
    // Whoever stands below asks the database.
    const lowest = newest && (await readLandmarks(database, newest.position - MAX_ROWS)).nearest;
    check();
    from = lowest && lowest.position > found.position ? lowest : found;
    rows = [];
    told = { high: from.position, gaps: [] };
    settled = 0;
    loaded = true;
  };

  /** @returns whether the row is still there that was the newest: in a database that was restored it is not */
  const readNew = async (check: () => void): Promise<boolean> => {
    const newest = rows.at(-1) ?? from;
    const ranges = told.gaps.slice(0, MAX_RANGES);
    let begin = told.gaps[MAX_RANGES]?.first ?? told.high;
    let isThere = newest.position === 0;
    let doubtful: Revocation[] = [];
    for (let isFirst = true, isMore = true; isMore; isFirst = false) {
      const page = await readRevocations(database, begin, isFirst ? ranges : [], PAGE);
      check();
      isThere ||= page.rows.some((row) => isSame(row, newest));
      now = page.now ?? now;
      // Page by page: where a read is given up, the next one goes on from there.
      if (isThere) take([...doubtful, ...page.rows]);
      doubtful = isThere ? [] : [...doubtful, ...page.rows];
      if (rows.length > 2 * MAX_ROWS) trim();
      isMore = page.rows.length === PAGE;
      begin = (page.rows.at(-1)?.position ?? begin) + 1;
    }
    return isThere;
  };

  const take = (read: readonly Revocation[]): void => {
    const fresh = read.filter(({ position }) => !isTold(told, position));
    if (fresh.length === 0) return;
    const isLate = fresh.some(({ position }) => position < told.high);
    for (const row of fresh) rows.push(row);
    if (isLate) rows.sort((a, b) => a.position - b.position);
    told = tell(
      told,
      fresh.map(({ position }) => position),
    );
  };

  /** To be asked before a read: what is not there after it will never come. @returns 0 where nothing is proven */
  const provenUpTo = async (check: () => void): Promise<number> => {
    const old = rows.findLast((row) => isOlder(row, SETTLED_MS)) ?? from;
    if (old.position <= settled) return 0;
    const isDoubtful = told.gaps.some(({ last }) => last <= old.position) || settled < from.position;
    const isProven = !(isDoubtful && (await hasOverdue(database)));
    check();
    return isProven ? old.position : 0;
  };

  const trim = (): void => {
    const firstHeld = rows.findIndex((row) => !isOlder(row, HELD_MS) || row.position > settled);
    const old = firstHeld === -1 ? rows.length : firstHeld;
    from = rows.splice(0, Math.max(old, rows.length - MAX_ROWS)).at(-1) ?? from;
    told = settle(told, from.position);
  };

  const run = async (): Promise<void> => {
    const begunAt = performance.now();
    const check = stillRuns();
    // Nobody has asked for long: what came since may be more than can be read in time.
    if (begunAt - readAt > HELD_MS) loaded = false;
    const proven = await provenUpTo(check);
    if (loaded && (await readNew(check))) {
      settled = Math.max(settled, proven);
    } else {
      await load(check);
      await readNew(check);
    }
    told = settle(told, settled);
    if (performance.now() - trimmedAt >= TRIM_EVERY_MS) {
      trimmedAt = performance.now();
      trim();
    }
    readAt = begunAt;
  };

  return {
    read: singleFlight(run, READ_LIMIT_MS, tooLate),
    get from() {
      return from;
    },
    get rows() {
      return rows;
    },
    get settled() {
      return settled;
    },
    get floor() {
      return floorOf(told);
    },
    get readAt() {
      return readAt;
    },
  };
}

const tooLate = () => busy(new Error('the feed could not be read in time'));

const isSame = (a: Landmark, b: Landmark): boolean =>
  a.position === b.position && a.revokedAt.getTime() === b.revokedAt.getTime();
