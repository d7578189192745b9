import { type Names, splitName } from '../one-name';

/** In bytes, as the vendor has it. */
const MAX_NAME_BYTES = 256;

/** In characters, of one of our two names. */
const MAX_PART = 100;

/** Null where the name cannot be kept. */
export function namesOf(userName: string): Names | null {
  const isText = !/\0|\p{Surrogate}/u.test(userName);
  if (Buffer.byteLength(userName) > MAX_NAME_BYTES || !isText) return null;
  const names = splitName(userName);
  const isShort = [names.firstName, names.lastName].every((part) => [...(part ?? '')].length <= MAX_PART);
  return isShort ? names : null;
}
