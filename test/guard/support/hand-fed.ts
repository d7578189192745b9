import type { ServerResponse } from 'node:http';
import { eventually } from '../../events/delivery-fixtures';
import { BY_THE_FEED, type SeenPoll, type StubFeed, type StubItem } from './stub-feed';

export const LINES = 'application/x-ndjson';
export const ASKS_FOR_LINES = `${LINES}, application/json;q=0.5`;

/** A line of the feed. @param next where it leaves whoever reads it */
export function lineOf(items: readonly StubItem[], next: string): string {
  const told = items.map((item) => ({ revokedAt: new Date().toISOString(), ...item }));
  const body = { items: told, next, more: false, maxTokenLifetime: 3_600, clockSkew: 5 };
  return `${JSON.stringify(body)}\n`;
}

/** A poll whose answer is told by the test. */
export interface HandFedPoll {
  poll: SeenPoll;
  response: ServerResponse;
  tell(next: string, ...items: StubItem[]): void;
  /** The guard has left it, or was let go. */
  over: Promise<void>;
}

export interface HandFeed {
  polls: HandFedPoll[];
  /** The poll of this index, as soon as it has come. */
  poll(index: number): Promise<HandFedPoll>;
}

/** Leaves the polls that ask for lines to the test; the others are answered by the feed. */
export function feedByHand(feed: StubFeed): HandFeed {
  const polls: HandFedPoll[] = [];
  feed.intercept = (response, poll) => {
    if (poll.accept !== ASKS_FOR_LINES) return BY_THE_FEED;
    polls.push({
      poll,
      response,
      tell(next, ...items) {
        if (!response.headersSent) response.writeHead(200, { 'content-type': LINES });
        response.write(lineOf(items, next));
      },
      over: new Promise((resolve) => response.once('close', resolve)),
    });
  };
  return {
    polls,
    poll: (index) => eventually(() => polls[index] ?? null, `poll ${index} that asks for lines`),
  };
}
