import { Column, PrimaryColumn, type ColumnOptions } from 'typeorm';
import { toBoolean, toInteger, toUuid } from './decode';
import { Uuid } from './uuid';

/**
 * Columns that read and write the same on both engines. The types that the tables have are in the migrations
 * (`table-columns.ts`); here stands how a value crosses the edge of the store.
 */
type Nullable = { nullable?: boolean };
const through = (read: (value: unknown) => unknown, write: (value: never) => unknown = (value) => value) => ({
  from: (value: unknown) => (value === null || value === undefined ? null : read(value)),
  to: write,
});

const uuidOptions = (name: string): ColumnOptions => ({
  name,
  type: String,
  transformer: through(toUuid, (value: unknown) => (typeof value === 'string' ? new Uuid(value) : value)),
});

export const UuidColumn = (name: string, options: Nullable = {}) =>
  Column({ ...uuidOptions(name), ...options });

export const PrimaryUuidColumn = (name = 'id') => {
  const { name: columnName, type, transformer } = uuidOptions(name);
  return PrimaryColumn({ name: columnName, type, transformer });
};

const integer = through(toInteger);

/** bigint within 2^53, a number here. */
export const IntegerColumn = (name: string, options: Nullable = {}) =>
  Column({ name, type: 'bigint', transformer: integer, ...options });

export const PrimaryIntegerColumn = (name = 'id') =>
  PrimaryColumn({ name, type: 'bigint', transformer: integer });

export const TextColumn = (name: string, options: Nullable = {}) =>
  Column({ name, type: String, ...options });

export const BooleanColumn = (name: string, options: Nullable = {}) =>
  Column({ name, type: Boolean, transformer: through(toBoolean), ...options });

/** A moment with milliseconds, UTC. */
export const TimeColumn = (name: string, options: Nullable = {}) =>
  Column({ name, type: Date, precision: 3, ...options });
