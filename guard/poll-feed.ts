import { type Clock, elapsedSince, type Moment, momentOf } from './clock';
import type { Credentials } from './credentials';
import { type FeedAnswer, readFeedAnswer } from './feed-answer';
import { type Fetch, LINES, requestLines, StatusError } from './request';

/** Of a wait: timers are not exact. */
const NEARLY = 0.9;

/**
 * Whoever seems to sit behind something that holds lines back asks for them again after a poll, then after two and so on up to
 * this: an API that is short of breath looks the same.
 */
const MOST_WITHOUT_LINES = 128;

/** Entries of one answer: few enough to be read between two requests, in some milliseconds. */
const PAGE = 2_000;

export interface Poll {
  after: string | undefined;
  waitMs: number;
  timeoutMs: number;
  /** Called right before the poll is sent. */
  onSent: (sent: Moment) => void;
}

/** Each answer as soon as it is there: one for a poll, or several where the feed goes on telling until the wait is over. */
export type PollFeed = (poll: Poll) => AsyncIterable<FeedAnswer>;

export interface PollFeedOptions {
  /** Where Portcullis' API is. */
  api: URL;
  instance: string;
  leaseMs: number;
  credentials: Credentials;
  fetch: Fetch;
  clock: Clock;
  closed: AbortSignal;
}

/**
 * One poll of `GET /api/v1/revocations`.
 * @throws StatusError, or what kept the answer from coming or from being understood
 */
export function createPollFeed(options: PollFeedOptions): PollFeed {
  const { api, instance, leaseMs, credentials, fetch, clock, closed } = options;
  let withoutLines = 0;
  let nextWithoutLines = 1;
  /** What gathers lines lets the first one through with the last, at the end of the wait. */
  const learn = (isGathered: boolean) => {
    withoutLines = isGathered ? nextWithoutLines : 0;
    nextWithoutLines = isGathered ? Math.min(2 * nextWithoutLines, MOST_WITHOUT_LINES) : 1;
  };
  return async function* ({ after, waitMs, timeoutMs, onSent }) {
    const token = await credentials.current();
    const url = new URL(`${api.href.replace(/\/$/, '')}/api/v1/revocations`);
    const query = { after, wait: waitMs / 1000, limit: PAGE, instance, lease: leaseMs };
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    const asLines = waitMs > 0 && withoutLines === 0;
    withoutLines = Math.max(0, withoutLines - 1);
    const accept = asLines ? `${LINES}, application/json;q=0.5` : 'application/json';
    const sent = momentOf(clock);
    onSent(sent);
    const headers = { authorization: `Bearer ${token}`, accept };
    let isFirst = true;
    let firstLineMs: number | null = null;
    for await (const answer of requestLines(fetch, url, { headers, timeoutMs, closed })) {
      if (answer.status === 401) credentials.drop(token);
      if (answer.status !== 200) throw new StatusError(answer);
      if (isFirst && answer.isLines) firstLineMs = elapsedSince(sent, clock);
      isFirst = false;
      yield readFeedAnswer(answer.body);
    }
    if (isFirst) throw new Error('the feed’s answer is empty');
    if (firstLineMs === null) return;
    const linesMs = elapsedSince(sent, clock) - firstLineMs;
    learn(firstLineMs > waitMs * NEARLY && linesMs < waitMs * (1 - NEARLY));
  };
}
