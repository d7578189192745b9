import type { ErrorRequestHandler, RequestHandler } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import { authenticateSystemToken } from './authentication';
import type { ContractDocument } from './contract';
import { rateLimit, rateLimitRefused } from './rate-limits/rate-limit';
import type { RateLimits } from './rate-limits/rate-limits';
import { contextOf } from './request-context';
import { createRequestBody } from './request-body';
import { rememberRoutes } from './route-memory';
import type { VerifyToken } from './token-verifier';

/**
 * The chain that holds a request against the contract: path, then token and scope, then the client's limit, then body,
 * then schema. The body is parsed after the token was checked, so that strangers learn nothing and cost nothing.
 */
export function contractChain(
  document: ContractDocument,
  verify: VerifyToken,
  limits: Pick<RateLimits, 'take'>,
  validateResponses: boolean,
): (RequestHandler | ErrorRequestHandler)[] {
  const authenticate = authenticateSystemToken(verify);
  const chain = OpenApiValidator.middleware({
    // The validator works on its copy, and prunes it.
    apiSpec: structuredClone(document),
    // Every fault at once: the caller mends them in one go.
    validateRequests: { allErrors: true },
    validateResponses: validateResponses ? { removeAdditional: false } : false,
    validateSecurity: { handlers: { systemToken: (request, scopes) => authenticate(request, scopes) } },
    fileUploader: false,
    validateApiSpec: false,
  }) as RequestHandler[];
  const security = chain.findIndex(({ name }) => name === 'securityMiddleware');
  const lookUp = chain.slice(0, security);
  if (lookUp.at(-1)?.name !== 'metadataMiddleware') {
    throw new Error(
      'express-openapi-validator has other steps than those that the body parser is put between',
    );
  }
  return [
    rememberRoutes(document, lookUp),
    ...chain.slice(security, security + 1),
    rateLimitRefused(limits),
    forgetRefusal,
    rateLimit(limits),
    createRequestBody(),
    ...chain.slice(security + 1),
  ];
}

/** Where an operation takes one scope or another, who has the second was refused for the first. */
const forgetRefusal: RequestHandler = (request, _response, next) => {
  delete contextOf(request).refusal;
  next();
};
