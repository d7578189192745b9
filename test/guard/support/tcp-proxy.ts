import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface TcpProxy {
  url: string;
  /** How many connections were made through it. */
  connections: number;
  /** Ends every connection, and each new one at once. */
  drop(): void;
  /** Keeps every connection open and lets nothing through any more, new ones included. */
  hold(): void;
  /** The same with the connections that there are; new ones work. */
  holdPresent(): void;
  pass(): void;
  close(): Promise<void>;
}

/** A network between guard and API that can fail in the two ways in which networks fail. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const { hostname, port } = new URL(target);
  const pairs = new Set<[Socket, Socket | null]>();
  let mode: 'pass' | 'drop' | 'hold' = 'pass';

  const server = createServer((client) => {
    proxy.connections++;
    client.on('error', () => undefined);
    if (mode === 'drop') return client.destroy();
    const upstream = mode === 'hold' ? null : connect(Number(port), hostname);
    const pair: [Socket, Socket | null] = [client, upstream];
    pairs.add(pair);
    client.on('close', () => (pairs.delete(pair), upstream?.destroy()));
    upstream?.on('error', () => client.destroy()).on('close', () => client.destroy());
    upstream?.pipe(client);
    if (upstream) client.pipe(upstream);
  });

  const proxy: TcpProxy = {
    url: '',
    connections: 0,
    drop() {
      mode = 'drop';
      pairs.forEach((pair) => pair.forEach((socket) => socket?.destroy()));
    },
    hold() {
      mode = 'hold';
      proxy.holdPresent();
    },
    holdPresent() {
      for (const [client, upstream] of pairs) {
        upstream?.unpipe(client);
        client.unpipe();
        upstream?.pause();
        client.pause();
      }
    },
    pass() {
      mode = 'pass';
    },
    async close() {
      server.close();
      pairs.forEach((pair) => pair.forEach((socket) => socket?.destroy()));
      await once(server, 'close');
    },
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  proxy.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return proxy;
}
