import { sql, type SqlValue, type Statement } from './sql';

/** A column and the value that it has at a place of a list. */
type At = readonly [column: Statement, value: SqlValue];

/**
 * What a list in descending order of time has after a place, whoever shares its time by id. The time stands alone first: it
 * bounds what is read of the index, which the OR would not, so that a late page costs what the first one does.
 */
export const before = ([time, at]: At, [id, of]: At): Statement =>
  sql`${time} <= ${at} AND (${time} < ${at} OR ${id} < ${of})`;

/** The same of a list in ascending order. */
export const after = ([time, at]: At, [id, of]: At): Statement =>
  sql`${time} >= ${at} AND (${time} > ${at} OR ${id} > ${of})`;
