import type { Request } from 'express';
import type { DomainError } from '../../errors';
import { challengeOf } from '../../http/error-handler';
import type { Answer } from '../../http/handlers';
import { contextOf } from '../../http/request-context';
import type { components } from './contract.generated';
import { messageFor } from './messages/messages';
import { vendorErrorOf } from './vendor-errors';

/** bio.re's envelope of an error. What a refusal says in our own API is not told: the text is for the user. */
export function refuse(refusal: DomainError, request: Request): Answer {
  const { status, code, i18nKey, field, details = [] } = vendorErrorOf(refusal.code);
  const { language, message } = messageFor(request, i18nKey);
  const body: components['schemas']['Failure'] = {
    success: false,
    error: {
      code,
      message,
      i18nKey,
      i18nVars: field === undefined ? {} : { field },
      details: [...details],
      correlationId: contextOf(request).requestId,
    },
  };
  return { status, body, headers: { ...headersOf(refusal), 'Content-Language': language, Vary: VARY } };
}

const VARY = 'Accept-Language';

function headersOf(refusal: DomainError): Record<string, string> {
  const challenge = challengeOf(refusal);
  const { retryAfterSeconds } = refusal.options;
  return {
    ...(challenge === null ? {} : { 'WWW-Authenticate': challenge }),
    ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
  };
}
