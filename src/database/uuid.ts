import { v7 } from 'uuid';

/**
 * A UUID as a query parameter. MySQL has no uuid type and keeps 16 bytes, PostgreSQL has one; both drivers
 * ask a value how it wants to be written, so one object serves both engines and TypeORM alike.
 */
export class Uuid {
  constructor(readonly text: string) {
    if (!UUID_PATTERN.test(text)) throw new TypeError('not a UUID');
  }

  /** Asked by mysql2 when it writes a statement. */
  toSqlString(): string {
    return `X'${this.text.replaceAll('-', '')}'`;
  }

  /** Asked by pg when it prepares a parameter. */
  toPostgres(): string {
    return this.text;
  }
}

const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export const isUuid = (text: string): boolean => UUID_PATTERN.test(text);

/** A new time-ordered id (RFC 9562, section 5.7). */
export const newUuid = (): string => v7();
