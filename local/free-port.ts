import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Everything here is for this machine only. */
export const LOOPBACK = '127.0.0.1';
const FIRST = 3000;
const LAST = 3099;

export interface ReservedPort {
  port: number;
  /** Lets go of it, right before the process that it is for takes it. */
  release(): Promise<void>;
}

/** Listens on the first free port from 3000 on; where all hundred are taken, on any free one. */
export async function listenOnFreePort(server: Server): Promise<number> {
  for (let port = FIRST; port <= LAST; port++) {
    if (await listens(server, port)) return port;
  }
  await listens(server, 0);
  return portOf(server);
}

/**
 * Keeps a port for a process that is started later.
 * @param wanted this one and no other
 * @throws where `wanted` is taken
 */
export async function reservePort(wanted?: number): Promise<ReservedPort> {
  const server = createServer();
  if (wanted === undefined) {
    await listenOnFreePort(server);
  } else if (!(await listens(server, wanted))) {
    throw new Error(`The port ${wanted} is taken. Set PORT to another one, or leave it out.`);
  }
  const port = portOf(server);
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

/** Whether the port was free; other failures are thrown. */
function listens(server: Server, port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      server.off('listening', listening);
      // EACCES: some systems keep ranges of ports for themselves.
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false);
      else reject(error);
    };
    const listening = () => {
      server.off('error', failed);
      resolve(true);
    };
    server.once('error', failed).once('listening', listening).listen(port, LOOPBACK);
  });
}
