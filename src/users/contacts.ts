import { orNull, toInteger, toText } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';

/** How a user can be written to, as she is now. */
export interface Contact {
  id: number;
  email: string | null;
  firstName: string | null;
  /** BCP 47. */
  locale: string | null;
  deactivated: boolean;
}

export const selectContacts = (ids: readonly number[]): Statement =>
  sql`SELECT id, email, first_name, locale, deactivated_at FROM users WHERE id IN (${commaSeparated(ids)})`;

export const toContact = (row: Row): Contact => ({
  id: toInteger(row.id),
  email: orNull(toText, row.email),
  firstName: orNull(toText, row.first_name),
  locale: orNull(toText, row.locale),
  deactivated: row.deactivated_at !== null,
});
