import { EngineFragment, sql, type Statement } from '../../database/sql';

/** CometChat's uids: 1 to 100 of these; capitals are small letters to it. */
const SPELLABLE = /^[A-Za-z0-9_-]{1,100}$/;

/**
 * The uid as it is kept here; null where CometChat cannot spell it, so that it is nobody's. It is looked at as it was
 * written: there are letters of other alphabets whose small one is of ours, such as the sign of the kelvin.
 */
export const spell = (uid: string): string | null => (SPELLABLE.test(uid) ? uid.toLowerCase() : null);

const lacks = new EngineFragment({ mysql: () => 'NOT REGEXP', postgres: () => '!~' });

/**
 * The same over `u`: whom CometChat's clients could not ask for is on no list of theirs. A uid is of 1 to 100 characters
 * anyway, and to count them as well takes PostgreSQL ten times as long.
 */
export const isSpelled: Statement = sql`u.uid ${lacks} ${'[^a-z0-9_-]'}`;

/** CometChat's sentence about a uid that it does not know. */
export const unknownUid = (uid: string): string =>
  `The UID ${uid.toLowerCase()} does not exist, please make sure you have created a user with UID ${uid.toLowerCase()}.`;
