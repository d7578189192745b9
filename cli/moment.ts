import { InvalidArgumentError } from 'commander';

const UNITS_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** RFC 3339: a day alone would be another moment in each zone. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/i;

/**
 * Reads a time, or a length of time from now.
 * @param direction which way a length of time goes
 */
export const toMoment =
  (direction: 'ahead' | 'ago') =>
  (value: string): string => {
    const [, amount, unit = ''] = /^(\d{1,6})([mhdw])$/.exec(value) ?? [];
    if (amount !== undefined) {
      const lengthMs = Number(amount) * (UNITS_MS[unit] ?? 0);
      return new Date(Date.now() + (direction === 'ahead' ? lengthMs : -lengthMs)).toISOString();
    }
    if (!TIME.test(value)) {
      throw new InvalidArgumentError(
        'It is neither a time such as 2027-01-31T12:00:00Z nor a length of time such as 30m, 12h, 7d or 2w.',
      );
    }
    // Passed on as it is: the service knows days that do not exist.
    return value;
  };
