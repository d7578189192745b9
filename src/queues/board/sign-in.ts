import express, { type Request, type Response, Router } from 'express';
import { DomainError } from '../../errors';
import { statusOf } from '../../http/problems';
import type { VerifyToken } from '../../http/token-verifier';
import { assertMayWatch, isTooLong, SESSION_COOKIE, sessionCookie, tokenOf } from './board-session';
import { signInPage } from './sign-in-page';

const LONGEST_FORM = '16kb';

/**
 * Lets a request pass whose token is good; a person without one is asked for it.
 * @param path where the board stands
 */
export function createSignIn(verify: VerifyToken, path: string): Router {
  const router = Router();
  const askForToken = (response: Response, status: number, refusal?: string) =>
    response
      .status(status)
      .type('text/html')
      .end(signInPage(`${path}/sign-in`, refusal));

  router.post(
    '/sign-in',
    express.urlencoded({ extended: false, limit: LONGEST_FORM }),
    async (request, response) => {
      const { token: given } = (request.body ?? {}) as { token?: unknown };
      const token = typeof given === 'string' ? given.trim() : '';
      if (isTooLong(token)) return askForToken(response, 400, 'The token is too long for a browser to keep.');
      try {
        await assertMayWatch(verify, token);
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        return askForToken(response, statusOf(error.code), error.detail);
      }
      response.cookie(SESSION_COOKIE, token, sessionCookie(request, path, token)).redirect(303, `${path}/`);
    },
  );

  router.get('/sign-out', (request, response) => {
    response.clearCookie(SESSION_COOKIE, sessionCookie(request, path)).redirect(303, `${path}/`);
  });

  router.use(async (request, response, next) => {
    try {
      await assertMayWatch(verify, tokenOf(request));
      next();
    } catch (error) {
      if (!(error instanceof DomainError) || !isPage(request)) throw error;
      const isFirst = error.code === 'auth.missing_token';
      askForToken(response, statusOf(error.code), isFirst ? undefined : error.detail);
    }
  });
  return router;
}

/** A person's browser that opens a page, and no program or script of one. */
const isPage = (request: Request): boolean =>
  request.method === 'GET' && request.accepts(['json', 'html']) === 'html';
