/**
 * The edge of the store: drivers answer bigint as a string or a number, booleans as 0/1, ids as bytes.
 * These read a column of either engine.
 */

export const toInteger = (value: unknown): number => Number(value);

export const toBoolean = (value: unknown): boolean => value === true || value === 1;

export const toText = (value: unknown): string => String(value);

export const toTime = (value: unknown): Date => (value instanceof Date ? value : new Date(String(value)));

export function toUuid(value: unknown): string {
  if (!Buffer.isBuffer(value)) return String(value);
  const hex = value.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

/** Reads a column that may be NULL. */
export const orNull = <T>(read: (value: unknown) => T, value: unknown): T | null =>
  value === null || value === undefined ? null : read(value);
