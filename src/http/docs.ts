import { Router } from 'express';
import type { ContractDocument } from './contract';
import { docsPage } from './docs-page';

/** The contract for programs (`/openapi.json`) and for people (`/docs`). Both are rendered once. */
export function createDocs(document: ContractDocument): Router {
  const router = Router();
  const json = JSON.stringify(document);
  const page = docsPage(document);
  router.get('/openapi.json', (_request, response) => {
    response.type('application/json').end(json);
  });
  router.get('/docs', (_request, response) => {
    // The page runs no script and loads nothing.
    response.setHeader(
      'Content-Security-Policy',
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    );
    response.type('text/html').end(page);
  });
  return router;
}
