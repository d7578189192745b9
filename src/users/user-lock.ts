import { orNull, toBoolean, toInteger, toText, toTime } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, againstChange, sql, type Statement } from '../database/sql';

/** A user whose row the transaction has locked: what decides cannot change until the commit. */
export interface LockedUser {
  id: number;
  uid: string;
  email: string | null;
  /** BCP 47. */
  locale: string | null;
  suspended: boolean;
  suspendedUntil: Date | null;
  deactivatedAt: Date | null;
  /** Access is taken from her by those alone who may do so by name. */
  protected: boolean;
  accessEpoch: number;
  eventSequence: number;
  /** Raised by every change of the row. */
  version: number;
}

const columns = sql`id, uid, email, locale, suspended, suspended_until, deactivated_at, protected, access_epoch,
  event_sequence, version`;

/** Locks users against changes, in id order, for those who must not be overtaken by one (sign-in). */
export const lockUsersAgainstChange = (ids: readonly number[]): Statement =>
  sql`SELECT ${columns} FROM users WHERE id IN (${commaSeparated(ids)}) ORDER BY id ${againstChange}`;

/** The same, where the provider knows the user's uid. */
export const lockUidAgainstChange = (uid: string): Statement =>
  sql`SELECT ${columns} FROM users WHERE uid = ${uid} ${againstChange}`;

/** Locks users for a change, in id order, so that two batches never wait for each other in a circle. */
export const lockUsers = (ids: readonly number[]): Statement =>
  sql`SELECT ${columns} FROM users WHERE id IN (${commaSeparated(ids)}) ORDER BY id FOR UPDATE`;

/** Locks the next users by id for a change, up to `limit`. */
export const lockUsersAfter = (id: number, limit: number): Statement =>
  sql`SELECT ${columns} FROM users WHERE id > ${id} ORDER BY id LIMIT ${limit} FOR UPDATE`;

/** The same as `lockUsers`, without waiting: users whom somebody else holds are left out. */
export const lockFreeUsers = (ids: readonly number[]): Statement =>
  sql`SELECT ${columns} FROM users WHERE id IN (${commaSeparated(ids)}) ORDER BY id FOR UPDATE SKIP LOCKED`;

/** The same columns of users whom nobody locks: they may change at any moment. */
export const selectUsers = (ids: readonly number[]): Statement =>
  sql`SELECT ${columns} FROM users WHERE id IN (${commaSeparated(ids)})`;

export const toLockedUser = (row: Row): LockedUser => ({
  id: toInteger(row.id),
  uid: toText(row.uid),
  email: orNull(toText, row.email),
  locale: orNull(toText, row.locale),
  suspended: toBoolean(row.suspended),
  suspendedUntil: orNull(toTime, row.suspended_until),
  deactivatedAt: orNull(toTime, row.deactivated_at),
  protected: toBoolean(row.protected),
  accessEpoch: toInteger(row.access_epoch),
  eventSequence: toInteger(row.event_sequence),
  version: toInteger(row.version),
});
