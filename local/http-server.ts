import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import { listenOnFreePort, LOOPBACK } from './free-port';

export interface LocalServer {
  /** Without a slash at the end. */
  origin: string;
  stop(): Promise<void>;
}

const BODY_LIMIT_BYTES = 1_048_576;

/**
 * The side that reuses a connection must be the one that closes it: a process that was busy for as long as that sends its
 * next request over a connection that is closed at that moment.
 */
const KEEP_ALIVE_MS = 65_000;

/** Serves on this machine's loopback address only. `handlerFor` learns the origin before the first request. */
export async function serveLocally(
  handlerFor: (origin: string) => RequestListener | Promise<RequestListener>,
): Promise<LocalServer> {
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS });
  const origin = `http://${LOOPBACK}:${await listenOnFreePort(server)}`;
  server.on('request', await handlerFor(origin));
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { origin, stop };
}

type Answering = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/** A handler that answers 500 with the reason, which is no secret here, instead of leaving the caller waiting. */
export const answering =
  (answer: Answering): RequestListener =>
  (request, response) => {
    answer(request, response).catch((error: unknown) => {
      if (response.headersSent) response.destroy();
      else
        sendProblem(response, 500, 'Internal error', error instanceof Error ? error.message : String(error));
    });
  };

/** @throws where the body is larger than 1 MiB */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_LIMIT_BYTES) throw new Error(`The body is larger than ${BODY_LIMIT_BYTES} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The body's JSON, or undefined where it is none. */
export async function readJson(request: IncomingMessage): Promise<unknown> {
  try {
    return JSON.parse((await readBody(request)).toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response
    .writeHead(status, { 'Content-Type': 'application/json' })
    .end(`${JSON.stringify(body, null, 2)}\n`);
}

export function sendEmpty(response: ServerResponse, status: number): void {
  response.writeHead(status).end();
}

/** RFC 9457. */
export function sendProblem(response: ServerResponse, status: number, title: string, detail: string): void {
  const document = { type: 'about:blank', title, status, detail };
  response.writeHead(status, { 'Content-Type': 'application/problem+json' }).end(JSON.stringify(document));
}
