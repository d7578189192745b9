import { requestInvalid } from '../../errors';
import type { components } from '../../http/contract.generated';
import { memberFaults } from '../../http/subject-members';

type GivenSubject = components['schemas']['SubjectIdentifier'];
type GivenMember = Exclude<keyof GivenSubject, 'format'>;

/** One way to name a user (RFC 9493, section 3.2). */
export type UserIdentifier =
  | { format: 'iss_sub'; iss: string; sub: string }
  | { format: 'email'; email: string }
  | { format: 'opaque'; id: string };

/** Sections 3.2.2 to 3.2.4 and 3.2.8: what each format consists of, and nothing else. */
const MEMBERS: Record<GivenSubject['format'], readonly GivenMember[]> = {
  iss_sub: ['iss', 'sub'],
  email: ['email'],
  opaque: ['id'],
  aliases: ['identifiers'],
};

/**
 * Reads a subject identifier that the contract has accepted, member by member.
 * @param pointer where it stands in the request
 * @returns all that it says of the one user whom it is about; aliases are as many ways to name her
 * @throws `request.invalid` for members that its format lacks, or does not have
 */
export function readSubject(subject: GivenSubject, pointer: string): UserIdentifier[] {
  const nested = subject.format === 'aliases' ? (subject.identifiers ?? []) : [];
  const faults = [
    ...memberFaults(subject, MEMBERS[subject.format], pointer),
    ...nested.flatMap((one, index) =>
      memberFaults(one, MEMBERS[one.format], `${pointer}/identifiers/${index}`),
    ),
  ];
  if (faults.length > 0) throw requestInvalid(faults);
  return (subject.format === 'aliases' ? nested : [subject]) as UserIdentifier[];
}
