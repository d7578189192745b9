import type { components } from '../src/http/contract.generated';
import { CliError } from './cli-error';
import type { Ending } from './exit-codes';

export type Problem = components['schemas']['Problem'];

/** A refusal or failure that the service answered (RFC 9457). */
export class ApiError extends CliError {
  constructor(
    readonly status: number,
    readonly problem: Partial<Problem>,
  ) {
    super(endingOf(status), inWords(status, problem), problem.code ?? `http.${status}`);
    this.name = 'ApiError';
  }
}

function endingOf(status: number): Ending {
  if (status === 401) return 'unauthenticated';
  if (status === 404) return 'notFound';
  if ([403, 409, 412, 422].includes(status)) return 'refused';
  if ([429, 502, 503, 504].includes(status)) return 'unavailable';
  return status >= 400 && status < 500 ? 'usage' : 'failure';
}

function inWords(status: number, { detail, title, requestId, errors = [] }: Partial<Problem>): string {
  const fields = errors.map(({ pointer, detail: what }) => `\n  ${pointer} ${what}`).join('');
  const said = fields === '' ? (detail ?? title) : title;
  const request = requestId === undefined ? '' : ` (request ${requestId})`;
  return `${said ?? `The service answered ${status}.`}${request}${fields}`;
}
