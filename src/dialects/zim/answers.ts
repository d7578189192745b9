import { randomInt } from 'node:crypto';
import type { DomainError, ErrorCode } from '../../errors';
import type { Answer } from '../../http/handlers';
import { codeOf, type Outcome, ZimRefusal } from './return-codes';

/** As long as the vendor's, and without a leading zero. Two random halves: JavaScript has no 18 digits. */
export const newRequestId = (): string =>
  `${randomInt(100_000_000, 1_000_000_000)}${String(randomInt(0, 1_000_000_000)).padStart(9, '0')}`;

/** HTTP always says 200: what became of the call stands in `Code`. */
const answer = (
  Code: number,
  Message: string,
  RequestId: string,
  members: Readonly<Record<string, unknown>>,
): Answer => ({ status: 200, body: { Code, Message, RequestId, ...members } });

/** @param members what the action answers besides */
export const success = <Members extends Record<string, unknown>>(requestId: string, members: Members) =>
  answer(0, 'success', requestId, members);

/** The vendor's number for what is not refused by the dialect itself. */
const outcomeOf = (code: ErrorCode): Outcome => {
  if (code === 'rate_limit.exceeded') return 'tooManyCalls';
  if (code === 'user.not_found') return 'senderGone';
  if (code.startsWith('service.')) return 'serverError';
  return 'invalidParameter';
};

export function refusalAnswer(refusal: DomainError, requestId: string): Answer {
  if (refusal instanceof ZimRefusal)
    return answer(codeOf(refusal.outcome), refusal.detail, requestId, refusal.members);
  return answer(codeOf(outcomeOf(refusal.code)), refusal.detail, requestId, {});
}
