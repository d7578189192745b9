import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Request, RequestHandler } from 'express';
import * as OpenApiValidator from 'express-openapi-validator';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types';
import { parse } from 'yaml';
import { authenticateSystemToken } from './authentication';
import { jsonBody } from './json-body';
import { rememberRoutes } from './route-memory';
import type { VerifyToken } from './token-verifier';

export type ContractDocument = OpenAPIV3.DocumentV3_1;

/** Where the sources or their compiled form stand, the contract lies two or three folders above. */
const CANDIDATES = ['../../openapi.yaml', '../../../openapi.yaml'].map((path) => join(__dirname, path));

/** Reads `openapi.yaml`, the single source of what the API takes and answers. */
export function loadContract(): ContractDocument {
  for (const path of CANDIDATES) {
    try {
      return parse(readFileSync(path, 'utf8')) as ContractDocument;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`openapi.yaml is missing; it was looked for at ${CANDIDATES.join(' and ')}`);
}

/** The operation that the validator has found for a request. */
export interface MatchedOperation {
  operationId: string;
  requestBody?: { required?: boolean };
  'x-max-body-bytes'?: number;
}

export const operationOf = (request: Request): MatchedOperation | undefined =>
  (request as { openapi?: { schema?: MatchedOperation } }).openapi?.schema;

export const pathParametersOf = (request: Request): Record<string, string> =>
  (request as { openapi?: { pathParams?: Record<string, string> } }).openapi?.pathParams ?? {};

/**
 * The chain that holds a request against the contract: path, then token and scope, then body, then schema. The
 * body is parsed after the token was checked, so that strangers learn nothing and cost nothing.
 */
export function contractChain(
  document: ContractDocument,
  verify: VerifyToken,
  validateResponses: boolean,
): RequestHandler[] {
  const authenticate = authenticateSystemToken(verify);
  const chain = OpenApiValidator.middleware({
    // The validator works on its copy, and prunes it.
    apiSpec: structuredClone(document),
    validateRequests: true,
    validateResponses: validateResponses ? { removeAdditional: false } : false,
    validateSecurity: { handlers: { systemToken: (request, scopes) => authenticate(request, scopes) } },
    fileUploader: false,
    validateApiSpec: false,
  }) as RequestHandler[];
  const security = chain.findIndex(({ name }) => name === 'securityMiddleware');
  const lookUp = chain.slice(0, security);
  if (lookUp.at(-1)?.name !== 'metadataMiddleware') {
    throw new Error('express-openapi-validator has other steps than those that the body parser is put between');
  }
  return [
    rememberRoutes(document, lookUp),
    ...chain.slice(security, security + 1),
    jsonBody,
    ...chain.slice(security + 1),
  ];
}
