import { createServer, type RequestListener, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface RunningServer {
  port: number;
  /** Stops accepting, lets requests under way end, and cuts off what still runs after `deadlineMs`. */
  drain(deadlineMs: number): Promise<void>;
}

/** @throws where the port is taken */
export async function listen(app: RequestListener, port: number, host: string): Promise<RunningServer> {
  const underWay = new Set<ServerResponse>();
  let draining = false;
  const server = createServer((request, response) => {
    underWay.add(response);
    response.once('close', () => underWay.delete(response));
    if (draining) endAfter(response);
    app(request, response);
  });
  // Longer than usual proxies keep an idle connection: the side that reuses it must be the one that closes it.
  server.keepAliveTimeout = 65_000;
  server.headersTimeout = 66_000;
  server.requestTimeout = 30_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // Without a host Node takes every address, and does so too where the machine has no IPv6.
    if (host === '::') server.listen(port, resolve);
    else server.listen(port, host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    drain(deadlineMs) {
      draining = true;
      underWay.forEach(endAfter);
      return drain(server, deadlineMs);
    },
  };
}

/** A client that asks again at once, as one that polls does, would keep its connection from ever being idle. */
function endAfter(response: ServerResponse): void {
  response.shouldKeepAlive = false;
}

async function drain(server: Server, deadlineMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  // A kept-alive connection that becomes idle while we drain must not hold us up.
  const sweep = setInterval(() => server.closeIdleConnections(), 50);
  const deadline = setTimeout(() => server.closeAllConnections(), deadlineMs);
  await closed;
  clearInterval(sweep);
  clearTimeout(deadline);
}
