import type { Request } from 'express';
import type { DomainError, ErrorCode, FieldError } from '../../errors';
import { pathParametersOf } from '../../http/contract';
import type { Answer } from '../../http/handlers';
import { statusOf } from '../../http/problems';
import { WINDOW_SECONDS } from '../../http/rate-limits/rate-limit';
import type { components } from './contract.generated';
import { unknownUid } from './uid';

interface Refused {
  code: string;
  status: number;
  message: string;
}

/** What CometChat's clients know by another name. Its error guide has the codes, and its own tests the sentences. */
const known: Partial<Record<ErrorCode, (refusal: DomainError, request: Request) => Refused>> = {
  'auth.missing_token': () => ({
    code: 'AUTH_ERR_EMPTY_APIKEY',
    status: 401,
    message: 'The header apikey is missing or empty.',
  }),
  'auth.invalid_token': ({ detail }) => ({ code: 'AUTH_ERR_APIKEY_NOT_FOUND', status: 401, message: detail }),
  'auth.insufficient_scope': () => noAccess('The API key does not have the access that this call takes.'),
  'user.protected': () => noAccess('The user is protected: no API key takes her access away.'),
  'user.not_found': (_refusal, request) => ({
    code: 'ERR_UID_NOT_FOUND',
    status: 404,
    // There the uid is told as it stands in the path.
    message: unknownUid(encodeURIComponent(pathParametersOf(request).uid ?? '')),
  }),
  'user.uid_taken': ({ detail }) => ({ code: 'ERR_UID_ALREADY_EXISTS', status: 400, message: detail }),
  'user.retired': ({ detail }) => ({ code: 'ERR_UID_ALREADY_EXISTS', status: 400, message: detail }),
  'request.unknown_path': () => ({
    code: 'ERR_API_NOT_FOUND',
    status: 404,
    message: 'The API endpoint is invalid. Please verify the API call.',
  }),
  'rate_limit.exceeded': ({ detail }) => ({ code: 'ERR_TOO_MANY_REQUESTS', status: 429, message: detail }),
};

const noAccess = (message: string): Refused => ({ code: 'AUTH_ERR_NO_ACCESS', status: 403, message });

/** A refusal in CometChat's shape. */
export function refuse(refusal: DomainError, request: Request): Answer {
  const { code, status, message } = known[refusal.code]?.(refusal, request) ?? other(refusal);
  const body: components['schemas']['Error'] = {
    // What our own codes say of fields is written for our own API.
    error: {
      code,
      message,
      details: refusal.code === 'request.invalid' ? detailsOf(refusal.options.fields ?? []) : {},
    },
  };
  return { status, body, headers: headersOf(refusal) };
}

function other({ code, detail }: DomainError): Refused {
  const status = statusOf(code);
  return { code: status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_INTERNAL_SERVER_ERROR', status, message: detail };
}

/** By field, its name as CometChat writes it: `blockedUids.0`. */
function detailsOf(fields: readonly FieldError[]): Record<string, string[]> {
  const details: Record<string, string[]> = {};
  for (const { pointer, detail } of fields) {
    const [, place = '', ...names] = pointer.split('/');
    const name = names.join('.') || place;
    const isMissing =
      /^is required|^must NOT have fewer than 1 (characters|items)|^must match pattern "\\S"/.test(detail);
    const sentence = isMissing ? `The ${name} field is required.` : `The ${name} ${detail}.`;
    (details[name] ??= []).push(sentence);
  }
  return details;
}

function headersOf({ code, options: { retryAfterSeconds } }: DomainError): Record<string, string> {
  const resetAt = Math.floor(Date.now() / 1000) + WINDOW_SECONDS;
  return {
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    ...(code === 'rate_limit.exceeded' ? { 'X-Rate-Limit-Reset': String(resetAt) } : {}),
  };
}
