import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** When each webhook's first byte came, by path and id: milliseconds of the machine's monotonic clock. */
const arrivals = new Map<string, number>();
let waiting: { count: number; response: ServerResponse } | null = null;

/** Tells whoever waits, once enough different webhooks have come, and forgets them. */
function answerWaiting(): void {
  if (waiting === null || arrivals.size < waiting.count) return;
  waiting.response.end(JSON.stringify([...arrivals]));
  waiting = null;
  arrivals.clear();
}

/** A receiver of webhooks in a process of its own: what it costs, it does not cost the worker. */
const server = createServer((request, response) => {
  const atMs = Number(process.hrtime.bigint()) / 1e6;
  if (request.method === 'GET') {
    waiting = { count: Number(request.url?.slice(1)), response };
    return answerWaiting();
  }
  const key = `${request.url} ${String(request.headers['webhook-id'])}`;
  if (!arrivals.has(key)) arrivals.set(key, atMs);
  request.resume().on('end', () => response.writeHead(204).end());
  answerWaiting();
});
// Longer than a round: a connection that we end just when a webhook is being sent would be a failure.
server.keepAliveTimeout = 600_000;
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }));
});
