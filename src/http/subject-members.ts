import type { FieldError } from '../errors';

/**
 * Holds a subject identifier against its format, which says what it consists of, and nothing else (RFC 9493, section 3).
 * @param subject as the contract has accepted it: a known format, and members of any of them
 * @param wanted the members of its format
 * @param pointer where it stands in the request
 * @returns the members that it lacks, and those that are another format's
 */
export function memberFaults(
  { format, ...members }: Readonly<{ format: string }>,
  wanted: readonly string[],
  pointer: string,
): FieldError[] {
  const given = Object.keys(members);
  return [
    ...wanted
      .filter((name) => !given.includes(name))
      .map((name) => ({ pointer: `${pointer}/${name}`, detail: 'is required' })),
    ...given
      .filter((name) => !wanted.includes(name))
      .map((name) => ({ pointer: `${pointer}/${name}`, detail: `is not a member of the format ${format}` })),
  ];
}
