import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As the feed tells it; the position is given by the stub. */
export interface StubItem {
  uid: string;
  sid?: string;
  epoch: number;
  revokedAt?: string;
}

export interface SeenPoll {
  path: string;
  after: string | null;
  wait: number;
  limit: number;
  instance: string | null;
  lease: string | null;
  authorization: string | undefined;
  accept: string | undefined;
}

/** Answers a poll in place of the feed, or says that the feed itself should. */
export type Intercept = (response: ServerResponse, poll: SeenPoll, request: IncomingMessage) => unknown;

export const BY_THE_FEED = Symbol('by the feed');

export interface StubFeed {
  url: string;
  polls: SeenPoll[];
  /** Entries of one answer at most. */
  page: number;
  maxTokenLifetime: number;
  clockSkew: number;
  /** Whether it answers line by line those who ask for it, as the API of the version before did not. */
  speaksLines: boolean;
  /** Set to have polls answered otherwise; null for the feed itself. */
  intercept: Intercept | null;
  revoke(...items: StubItem[]): void;
  /** Cursors from before are not understood any more. */
  changeHistory(): void;
  close(): Promise<void>;
}

/** The feed as its contract describes it, kept in memory: for what the real one does not do at will. */
export async function startStubFeed(): Promise<StubFeed> {
  const items: (StubItem & { position: number; revokedAt: string })[] = [];
  const waiters = new Set<() => void>();
  let history = 1;

  const pageFrom = (from: number, limit: number) => {
    const told = items.slice(from, from + Math.min(limit, feed.page));
    const next = from + told.length;
    const { maxTokenLifetime, clockSkew } = feed;
    const more = next < items.length;
    return { next, body: { items: told, next: `${history}.${next}`, more, maxTokenLifetime, clockSkew } };
  };

  /** A line at once, and one for each page that is there before `wait` is over. */
  const answerLines = (response: ServerResponse, begin: number, { limit, wait }: SeenPoll) => {
    const ofHistory = history;
    let from = begin;
    const tell = () => {
      const { next, body } = pageFrom(from, limit);
      from = next;
      response.write(`${JSON.stringify(body)}\n`);
      if (body.more) tell();
    };
    const wake = () => {
      if (ofHistory !== history) end();
      else if (from < items.length) tell();
    };
    const end = () => {
      clearTimeout(timer);
      waiters.delete(wake);
      response.end();
    };
    const timer = setTimeout(end, wait * 1000);
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'cache-control': 'no-store' });
    response.on('close', end);
    waiters.add(wake);
    tell();
  };

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://stub');
    const number = (name: string) => Number(url.searchParams.get(name) ?? 0);
    const after = url.searchParams.get('after');
    const poll: SeenPoll = {
      path: url.pathname,
      after,
      wait: number('wait'),
      limit: number('limit'),
      instance: url.searchParams.get('instance'),
      lease: url.searchParams.get('lease'),
      authorization: request.headers.authorization,
      accept: request.headers.accept,
    };
    feed.polls.push(poll);
    if (feed.intercept && feed.intercept(response, poll, request) !== BY_THE_FEED) return;
    const [ofHistory, position] = (after ?? `${history}.0`).split('.').map(Number);
    if (ofHistory !== history) return sendJson(response, 410, { code: 'revocations.cursor_unknown' });
    const from = position ?? 0;
    if (feed.speaksLines && poll.accept?.includes('application/x-ndjson'))
      return answerLines(response, from, poll);
    const answer = () => sendJson(response, 200, pageFrom(from, poll.limit).body);
    if (from < items.length || poll.wait === 0) return answer();
    const wake = () => {
      clearTimeout(timer);
      waiters.delete(wake);
      answer();
    };
    const timer = setTimeout(wake, poll.wait * 1000);
    waiters.add(wake);
    response.on('close', () => (clearTimeout(timer), waiters.delete(wake)));
  });

  const feed: StubFeed = {
    url: '',
    polls: [],
    page: 10_000,
    maxTokenLifetime: 3_600,
    clockSkew: 5,
    speaksLines: true,
    intercept: null,
    revoke(...added) {
      for (const item of added) {
        items.push({ revokedAt: new Date().toISOString(), ...item, position: items.length + 1 });
      }
      [...waiters].forEach((wake) => wake());
    },
    changeHistory() {
      history++;
      [...waiters].forEach((wake) => wake());
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  feed.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return feed;
}

export function sendJson(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers })
    .end(JSON.stringify(body));
}
