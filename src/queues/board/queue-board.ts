import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import express, { type Express, type RequestHandler } from 'express';
import type { Logger } from 'pino';
import { DomainError } from '../../errors';
import { errorHandler } from '../../http/error-handler';
import { requestId } from '../../http/request-id';
import type { VerifyToken } from '../../http/token-verifier';
import type { QueueStoreOptions } from '../queue-store';
import { createBoardQueues } from './board-queues';
import { createSignIn } from './sign-in';

/** Where the board stands. */
export const BOARD_PATH = '/queues';

export interface QueueBoardOptions {
  store: QueueStoreOptions;
  verify: VerifyToken;
  /** Networks (CIDR) of the proxies whose word about https is believed. */
  trustedProxies: readonly string[];
  log: Logger;
}

export interface QueueBoard {
  /** To be mounted at `BOARD_PATH`. */
  app: Express;
  close(): Promise<void>;
}

/** The queues in a browser, for system clients that may manage webhooks. It only reads: the rows are the truth. */
export function createQueueBoard({ store, verify, trustedProxies, log }: QueueBoardOptions): QueueBoard {
  const queues = createBoardQueues(store, log);
  const adapter = new ExpressAdapter().setBasePath(BOARD_PATH);
  const board = createBullBoard({
    queues: [],
    serverAdapter: adapter,
    options: {
      uiConfig: {
        boardTitle: 'Portcullis queues',
        hideRedisDetails: true,
        hideDocsLink: true,
        miscLinks: [{ text: 'Sign out', url: `${BOARD_PATH}/sign-out` }],
      },
    },
  });
  // The board's own would tell the words of the error (I7).
  adapter.setErrorHandler((error) => {
    log.error({ err: error }, 'the board could not read the queues');
    return { status: 500, body: { error: 'the queues could not be read' } };
  });

  const app = express()
    .disable('x-powered-by')
    .set('trust proxy', [...trustedProxies]);
  app.use(
    requestId,
    securityHeaders,
    createSignIn(verify, BOARD_PATH),
    readsOnly,
    async (_request, _response, next) => {
      board.replaceQueues([...(await queues.adapters())]);
      next();
    },
  );
  app.use((adapter.getRouter() as Express).disable('x-powered-by'), errorHandler);
  return { app, close: () => queues.close() };
}

/** The board's scripts and styles are its own; it styles elements by attributes, too. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self'",
  "connect-src 'self'",
  "base-uri 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');

const securityHeaders: RequestHandler = (_request, response, next) => {
  response.set({
    'Content-Security-Policy': POLICY,
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Cache-Control': 'no-store',
  });
  next();
};

/** A job that was changed by hand would do nothing good, and what changes nothing needs no guard against other sites. */
const readsOnly: RequestHandler = ({ method }, response, next) => {
  if (method === 'GET' || method === 'HEAD') return next();
  response.setHeader('Allow', 'GET, HEAD');
  next(new DomainError('request.method_not_allowed', 'The queues can be watched here, and not changed.'));
};
