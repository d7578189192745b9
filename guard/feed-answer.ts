/** One end of access: of all of a user's, or of one session. */
export interface FeedItem {
  uid: string;
  /** Where one session ended. */
  sid?: string;
  /** Of the user; what was issued under a lower one is dead. */
  epoch: number;
  /** Milliseconds since 1970. */
  revokedAt: number;
}

export interface FeedAnswer {
  items: FeedItem[];
  /** What to send as `after` the next time. */
  next: string;
  /** There is more to be told at once. */
  more: boolean;
  maxTokenLifetimeSeconds: number;
  clockSkewSeconds: number;
}

const CURSOR = /^[A-Za-z0-9._~-]{1,4000}$/;

/**
 * Reads an answer of the feed. One that is not understood in full is refused in full: half of it may be what matters.
 * @throws naming what is wrong
 */
export function readFeedAnswer(body: unknown): FeedAnswer {
  const { items, next, more, maxTokenLifetime, clockSkew } = members(body, 'the answer');
  if (!Array.isArray(items)) throw wrong('items');
  if (typeof next !== 'string' || !CURSOR.test(next)) throw wrong('next');
  if (typeof more !== 'boolean') throw wrong('more');
  if (!isAmount(maxTokenLifetime) || maxTokenLifetime === 0) throw wrong('maxTokenLifetime');
  if (!isAmount(clockSkew)) throw wrong('clockSkew');
  return {
    items: items.map(readItem),
    next,
    more,
    maxTokenLifetimeSeconds: maxTokenLifetime,
    clockSkewSeconds: clockSkew,
  };
}

function readItem(item: unknown): FeedItem {
  const { uid, sid, epoch, revokedAt } = members(item, 'an item');
  if (!isText(uid)) throw wrong('uid');
  if (sid !== undefined && !isText(sid)) throw wrong('sid');
  if (!isEpoch(epoch)) throw wrong('epoch');
  const time = typeof revokedAt === 'string' ? Date.parse(revokedAt) : Number.NaN;
  if (Number.isNaN(time)) throw wrong('revokedAt');
  return sid === undefined ? { uid, epoch, revokedAt: time } : { uid, sid, epoch, revokedAt: time };
}

/** An integer that a double holds exactly: two epochs that are not equal must not look equal. */
export const isEpoch = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;

const isAmount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

function members(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null) throw wrong(what);
  return value as Record<string, unknown>;
}

const wrong = (what: string): Error => new Error(`the feed’s answer is not understood: ${what}`);
