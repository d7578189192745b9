import { createHash } from 'node:crypto';
import { DomainError } from '../errors';

/** A strong validator (RFC 9110, section 8.8.3) of a thing's state: other parts, another tag. */
export const strongTag = (...parts: readonly (string | number)[]): string => `"${parts.join('.')}"`;

/** The strong validator of an answer whose state has no version: its content. */
export const contentTag = (body: unknown): string =>
  strongTag(createHash('sha256').update(JSON.stringify(body)).digest('base64url'));

/** What `If-Match` asks for: any state at all, or one of these. */
export type IfMatch = '*' | readonly string[];

/** RFC 9110, section 8.8.3: an entity tag, weak ones too. */
const ENTITY_TAG = /(?:W\/)?"[\x21\x23-\x7e\x80-\xff]*"/;
/** No two parts of it take the same character at the same place: any other form may take exponential time to refuse. */
const LIST = new RegExp(
  String.raw`^[\t ,]*${ENTITY_TAG.source}(?:[\t ]*,[\t ,]*${ENTITY_TAG.source})*[\t ,]*$`,
);

/**
 * Reads `If-Match` (RFC 9110, section 13.1.1).
 * @throws `request.invalid` where it is none
 */
export function parseIfMatch(header: string | undefined): IfMatch | undefined {
  if (header === undefined) return undefined;
  if (header.trim() === '*') return '*';
  if (!LIST.test(header)) {
    throw new DomainError('request.invalid', 'If-Match must be * or a list of entity tags in quotes.', {
      fields: [{ pointer: '/headers/if-match', detail: 'must be * or a list of entity tags (RFC 9110)' }],
    });
  }
  return header.match(new RegExp(ENTITY_TAG.source, 'g')) ?? [];
}

/**
 * Whether the caller wants the change of this state. To be asked inside the transaction, of the row that it has locked:
 * nothing changes between the question and the change.
 * @returns `precondition.failed`, or null where it may go on
 */
export function preconditionFault(ifMatch: IfMatch | undefined, tag: string): DomainError | null {
  if (ifMatch === undefined || ifMatch === '*') return null;
  // RFC 9110, section 8.8.3.2: strong comparison, which a weak tag never passes.
  if (ifMatch.includes(tag)) return null;
  return new DomainError(
    'precondition.failed',
    'It has changed since you read it. Read it again, and decide anew.',
    { fields: [{ pointer: '/headers/if-match', detail: 'is not the ETag of the present state' }] },
  );
}
