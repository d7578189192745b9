import type { Encryption, SecretPlace } from '../../database/encryption';
import { DomainError, type ErrorCode, type FieldError } from '../../errors';
import type { Answer } from '../handlers';

/** An answer as it is kept: of a success, or a refusal with the id of the request that met it. */
type Stored =
  | { answer: Answer }
  | { refusal: { code: ErrorCode; detail: string; fields?: FieldError[]; requestId: string } };

const placeOf = (id: string): SecretPlace => ({ table: 'idempotency_keys', rowId: id });

/** @param hidden members of the body, at any depth, that are not kept: a repeat is answered without them (I7) */
export function sealAnswer(
  encryption: Encryption,
  id: string,
  answer: Answer,
  hidden: readonly string[],
): string {
  const shown = (name: string, member: unknown) => (hidden.includes(name) ? undefined : member);
  const body: unknown =
    answer.body === undefined ? undefined : JSON.parse(JSON.stringify(answer.body, shown));
  return seal(encryption, id, { answer: { ...answer, ...(body === undefined ? {} : { body }) } });
}

export function sealRefusal(
  encryption: Encryption,
  id: string,
  { code, detail, options }: DomainError,
  requestId: string,
): string {
  return seal(encryption, id, { refusal: { code, detail, fields: options.fields, requestId } });
}

const seal = (encryption: Encryption, id: string, stored: Stored): string =>
  encryption.encrypt(JSON.stringify(stored), placeOf(id));

/**
 * The answer of the first request, marked as a repeat.
 * @throws the refusal of the first request
 */
export function openAnswer(encryption: Encryption, id: string, sealed: string): Answer {
  const stored = JSON.parse(encryption.decrypt(sealed, placeOf(id))) as Stored;
  if ('answer' in stored) {
    const { answer } = stored;
    return { ...answer, headers: { ...answer.headers, ...replayed } };
  }
  const { code, detail, fields, requestId } = stored.refusal;
  throw new DomainError(code, detail, { fields, replayOf: requestId });
}

/** Tells the caller that nothing has run. */
export const replayed = { 'Idempotency-Replayed': 'true' };
