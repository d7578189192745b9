import { Router } from 'express';
import type { ContractDocument } from './contract';
import { docsPage } from './docs-page';

/** A contract beside ours: another vendor's API that is spoken here, too. */
export interface NamedContract {
  /** In addresses. */
  name: string;
  document: ContractDocument;
}

/**
 * The contract for programs (`/openapi.json`) and for people (`/docs`); those of the dialects stand at
 * `/openapi/<name>.json` and `/docs/<name>`. Each is rendered once.
 */
export function createDocs(document: ContractDocument, dialects: readonly NamedContract[] = []): Router {
  const router = Router();
  const pages = [
    { page: '/docs', json: '/openapi.json', document },
    ...dialects.map(({ name, document: spoken }) => ({
      page: `/docs/${name}`,
      json: `/openapi/${name}.json`,
      document: spoken,
    })),
  ];
  for (const { page, json, document: shown } of pages) {
    const others = pages
      .filter((other) => other.page !== page)
      .map((other) => ({ address: other.page, title: String(other.document.info.title) }));
    const html = docsPage(shown, { json, others });
    const contract = JSON.stringify(shown);
    router.get(json, (_request, response) => {
      response.type('application/json').end(contract);
    });
    router.get(page, (_request, response) => {
      // The page runs no script and loads nothing.
      response.setHeader(
        'Content-Security-Policy',
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
      );
      response.type('text/html').end(html);
    });
  }
  return router;
}
