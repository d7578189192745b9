import { type ErrorRequestHandler, type Request, type RequestHandler, Router } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import type { ContractDocument } from './contract';
import { type ContractPath, onePathOf, pathsOf } from './contract-paths';
import { rememberRoute } from './route-memory';

export interface ContractChainOptions {
  document: ContractDocument;
  /** By the name of the security scheme: whether the request may do what needs these scopes. */
  security: Record<string, (request: Request, scopes: readonly string[]) => Promise<boolean>>;
  /** What runs once the caller is known, or refused, and before the contract is held against the body: it reads that. */
  beforeBody: readonly (RequestHandler | ErrorRequestHandler)[];
  validateResponses: boolean;
  /** Gets what the contract allows. */
  answer: RequestHandler;
}

/**
 * Holds requests against a contract: path, then credentials, then the caller's limit, then body, then schema. The body
 * is parsed after the credentials were checked, so that strangers learn nothing and cost nothing. A path that is not the
 * contract's is left to whoever comes next.
 *
 * Each path has a validator of its own, made at its first request: the validator hands all that it knows to each of its
 * schemas, so that one for the whole contract costs each operation of a process a tenth of a second.
 */
export function contractChain(options: ContractChainOptions): RequestHandler {
  const paths = pathsOf(options.document);
  const chains = new Map<string, Router>();
  return (request, response, next) => {
    const [asked = ''] = request.originalUrl.split('?', 1);
    const path = paths.find(({ valuesOf }) => valuesOf(asked) !== null);
    if (!path) {
      next();
      return;
    }
    const chain = chains.get(path.template) ?? chainOf(path, options);
    chains.set(path.template, chain);
    chain(request, response, next);
  };
}

function chainOf(
  path: ContractPath,
  { document, security, beforeBody, validateResponses, answer }: ContractChainOptions,
): Router {
  const steps = OpenApiValidator.middleware({
    // The validator works on its copy, and prunes it.
    apiSpec: structuredClone(onePathOf(document, path.template)),
    // Every fault at once: the caller mends them in one go.
    validateRequests: { allErrors: true },
    validateResponses: validateResponses ? { removeAdditional: false } : false,
    validateSecurity: { handlers: security },
    fileUploader: false,
    validateApiSpec: false,
  }) as RequestHandler[];
  const guard = steps.findIndex(({ name }) => name === 'securityMiddleware');
  const lookUp = steps.slice(0, guard);
  if (lookUp.at(-1)?.name !== 'metadataMiddleware') {
    throw new Error(
      'express-openapi-validator has other steps than those that the body parser is put between',
    );
  }
  const [authenticate, ...validate] = steps.slice(guard) as [RequestHandler, ...RequestHandler[]];
  const chain = Router();
  chain.use(rememberRoute(path, lookUp), authenticate, ...beforeBody, ...validate, answer);
  return chain;
}
