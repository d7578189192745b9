import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Request } from 'express';
import type { OpenAPIV3 } from 'express-openapi-validator/dist/framework/types';
import { parse } from 'yaml';
import type { LimitClass } from './rate-limits/rate-limits';

export type ContractDocument = OpenAPIV3.DocumentV3_1;

/** Where the sources or their compiled form stand, the contract lies two or three folders above. */
const CANDIDATES = ['../../openapi.yaml', '../../../openapi.yaml'].map((path) => join(__dirname, path));

/** Reads `openapi.yaml`, the single source of what the API takes and answers. */
export function loadContract(): ContractDocument {
  for (const path of CANDIDATES) {
    try {
      return readContract(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  throw new Error(`openapi.yaml is missing; it was looked for at ${CANDIDATES.join(' and ')}`);
}

/** Reads the contract in this file: a dialect has one of its own. */
export const readContract = (file: string): ContractDocument =>
  parse(readFileSync(file, 'utf8')) as ContractDocument;

/** The operation that the validator has found for a request. */
export interface MatchedOperation {
  operationId: string;
  /** Empty where it takes no token. */
  security?: unknown[];
  requestBody?: { required?: boolean; content: Record<string, unknown> };
  'x-max-body-bytes'?: number;
  'x-rate-limit-class'?: LimitClass;
  /** What the audit trail calls it; without one, its refusals stand there under its operationId. */
  'x-audit-action'?: string;
  /** An operation that only reads, for all its method. */
  'x-changes-nothing'?: boolean;
}

export const operationOf = (request: Request): MatchedOperation | undefined =>
  (request as { openapi?: { schema?: MatchedOperation } }).openapi?.schema;

export const takesNoToken = (request: Request): boolean => operationOf(request)?.security?.length === 0;

export const pathParametersOf = (request: Request): Record<string, string> =>
  (request as { openapi?: { pathParams?: Record<string, string> } }).openapi?.pathParams ?? {};

/** The path as the contract writes it, parameters in braces. */
export const pathTemplateOf = (request: Request): string =>
  (request as { openapi?: { openApiRoute?: string } }).openapi?.openApiRoute ?? '';
