import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';

/** Everything here is for this machine only. */
export const LOOPBACK = '127.0.0.1';
/** A reserved port is free for the seconds that its process takes to start: nobody else may look for one among these. */
const RESERVED = 3000;
const LISTENED_ON = 3100;
const HOW_MANY = 100;

export interface ReservedPort {
  port: number;
  /** Lets go of it, right before the process that it is for takes it. */
  release(): Promise<void>;
}

/** Listens on the first free port from 3100 on; where all hundred are taken, on any free one. */
export const listenOnFreePort = (server: Server): Promise<number> => listenFrom(LISTENED_ON, server);

/**
 * Keeps a port for a process that is started later: the first free one from 3000 on.
 * @param wanted this one and no other
 * @throws where `wanted` is taken
 */
export async function reservePort(wanted?: number): Promise<ReservedPort> {
  const server = createServer();
  if (wanted === undefined) {
    await listenFrom(RESERVED, server);
  } else if (!(await listens(server, wanted))) {
    throw new Error(`The port ${wanted} is taken. Set PORT to another one, or leave it out.`);
  }
  const port = portOf(server);
  return { port, release: () => new Promise((resolve) => server.close(() => resolve())) };
}

async function listenFrom(first: number, server: Server): Promise<number> {
  for (let port = first; port < first + HOW_MANY; port++) {
    if (await listens(server, port)) return port;
  }
  await listens(server, 0);
  return portOf(server);
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
