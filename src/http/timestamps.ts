import { DomainError } from '../errors';

/** The first moment that no stored time may reach: later ones are slips of the pen. */
const END_OF_TIME = Date.UTC(2101, 0);

/**
 * A time of the contract's `date-time` format as a Date.
 * @param pointer the field, for the refusal
 * @throws `request.invalid` for a day that does not exist, a year past 2100
 */
export function parseTime(text: string, pointer: string): Date {
  const time = new Date(text);
  const dayExists = time.getTime() >= 0 && daysMatch(text);
  if (dayExists && time.getTime() < END_OF_TIME) return time;
  const detail = dayExists ? 'must be before the year 2101' : 'must be a time that exists (RFC 3339)';
  throw new DomainError('request.invalid', `${pointer} ${detail}.`, { fields: [{ pointer, detail }] });
}

/** The same for one that may be absent. */
export const parseOptionalTime = (text: string | undefined, pointer: string): Date | undefined =>
  text === undefined ? undefined : parseTime(text, pointer);

/** JavaScript reads 2026-02-30 as the 2nd of March, and 24:00 as the day after, which RFC 3339 has not (section 5.6). */
function daysMatch(text: string): boolean {
  if (text.startsWith('24', 11)) return false;
  const date = text.slice(0, 10);
  const midnight = new Date(`${date}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(date);
}
