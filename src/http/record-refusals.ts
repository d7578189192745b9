import type { ErrorRequestHandler, Request } from 'express';
import type { Logger } from 'pino';
import type { ErrorCode } from '../errors';
import type { Caller } from './caller';
import { operationOf, pathParametersOf, pathTemplateOf } from './contract';
import { refusalOf } from './error-handler';
import { statusOf } from './problems';
import { contextOf } from './request-context';

/** An authenticated caller's attempt to change something, refused. Its body is nobody's business. */
export interface Refusal {
  caller: Caller;
  /** The action of the audit trail, or the operation's name. */
  action: string;
  target: string;
  /** The user whom the path names, where it does so by uid: `{uid}` in the contract. */
  uid: string | null;
  userId: number | null;
  code: ErrorCode;
}

export type RecordRefusal = (refusal: Refusal) => Promise<void>;

const CHANGING = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Has every refused attempt to change something recorded before it is answered, if somebody was authenticated. What
 * cannot be recorded is logged: the answer is the refusal all the same, and no fault of ours.
 */
export function recordRefusals(record: RecordRefusal, log: Logger): ErrorRequestHandler {
  return async (error: unknown, request, _response, next) => {
    const refusal = toRefusal(error, request);
    if (refusal) {
      await record(refusal).catch((failure: unknown) => {
        const { requestId } = refusal.caller;
        log.error({ err: failure, requestId, code: refusal.code }, 'a refused attempt could not be recorded');
      });
    }
    next(error);
  };
}

function toRefusal(error: unknown, request: Request): Refusal | null {
  const { caller } = contextOf(request);
  const operation = operationOf(request);
  if (!caller || !operation || !CHANGING.has(request.method) || operation['x-changes-nothing']) return null;
  const { code } = refusalOf(error, request);
  // It was refused for how often it came and not for what it wanted, and must not cost more than one let through.
  if (code === 'rate_limit.exceeded') return null;
  const status = statusOf(code);
  if (status < 400 || status > 499) return null;
  const action = operation['x-audit-action'] ?? operation.operationId;
  return { caller, action, ...targetOf(request), code };
}

/** What may be written of a path that no rule of the contract has been held against yet. */
const NAME = /^[!-~]{1,255}$/;
const USER_ID = /^[1-9][0-9]{0,15}$/;

/** `user:101` for `/users/101/block`, `webhook-endpoints` for that path: what the last parameter names, if there is one. */
function targetOf(request: Request): Pick<Refusal, 'target' | 'uid' | 'userId'> {
  const parameters = Object.entries(pathParametersOf(request));
  const [name, value] = parameters.at(-1) ?? [];
  if (name === undefined || value === undefined) {
    return { target: pathTemplateOf(request).split('/').at(-1) ?? '', uid: null, userId: null };
  }
  if (name === 'uid') return { target: 'user', uid: value, userId: null };
  const kind = name.replace(/Id$/, '').replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const { userId = '' } = pathParametersOf(request);
  const id = USER_ID.test(userId) && Number.isSafeInteger(Number(userId)) ? Number(userId) : null;
  return { target: `${kind}:${NAME.test(value) ? value : '?'}`, uid: null, userId: id };
}
