import { sql, type Statement } from '../database/sql';
import { requestInvalid } from '../errors';
import type { components } from '../http/contract.generated';
import { memberFaults } from '../http/subject-members';

export type GivenSubject = components['schemas']['StreamSubject'];

/** A user as a receiver names her. */
export type UserSubject = { uid: string } | { email: string };

/** The members that each format has (RFC 9493, section 3.2; SSF 1.0, section 3.3). */
const MEMBERS = { iss_sub: ['iss', 'sub'], email: ['email'], complex: ['user'] } as const;

/**
 * Reads a subject identifier: a user of the identity provider, by herself or inside of a complex subject.
 * @throws `request.invalid`, naming what is missing, too much or another's
 */
export function toUserSubject(given: GivenSubject, issuer: string, at = '/body/subject'): UserSubject {
  const faults = [
    ...memberFaults(given, MEMBERS[given.format], at),
    ...(given.iss !== undefined && given.iss !== issuer
      ? [{ pointer: `${at}/iss`, detail: 'must be the issuer of the identity provider' }]
      : []),
  ];
  if (faults.length > 0) throw requestInvalid(faults);
  if (given.user) return toUserSubject(given.user, issuer, `${at}/user`);
  return given.email === undefined ? { uid: given.sub ?? '' } : { email: given.email };
}

/** Up to two: more than one are nobody. */
export const selectUsersOf = (subject: UserSubject): Statement =>
  'uid' in subject
    ? sql`SELECT id FROM users WHERE uid = ${subject.uid}`
    : sql`SELECT id FROM users WHERE email_key = ${subject.email.toLowerCase()} LIMIT 2`;
