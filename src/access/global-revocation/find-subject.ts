import type { Database } from '../../database/database';
import { toInteger } from '../../database/decode';
import { sql, type Statement, unionAll } from '../../database/sql';
import { userNotFound } from '../../users/users.errors';
import { subjectAmbiguous } from '../access.errors';
import type { UserIdentifier } from './subject-identifier';

/** Of an address that more have, nobody in particular is meant. */
const MOST_ALIKE = 100;

/** Finds the one user whom all of these name. */
export type FindSubject = (identifiers: readonly UserIdentifier[]) => Promise<number>;

/**
 * What names nobody here is passed over where something else names her: a caller who sends every name that it has does
 * not know which of them we do. Of an e-mail address that several have nobody is guessed.
 * @param issuer whose subjects the users are
 * @throws `user.not_found`, `subject.ambiguous`
 */
export function createFindSubject(database: Database, issuer: string): FindSubject {
  return async (identifiers) => {
    const reads = identifiers.flatMap((identifier, place) => {
      const which = condition(identifier, issuer);
      return which ? [sql`SELECT ${place} AS place, id FROM users WHERE ${which} LIMIT ${MOST_ALIKE}`] : [];
    });
    const { rows } = reads.length === 0 ? { rows: [] } : await database.queryPrimary(unionAll(reads));
    const found = new Map<number, Set<number>>();
    for (const row of rows) {
      const place = toInteger(row.place);
      found.set(place, (found.get(place) ?? new Set()).add(toInteger(row.id)));
    }
    const [first, ...others] = [...found.values()];
    if (!first) throw userNotFound();
    const [id, ...more] = [...first].filter((one) => others.every((ids) => ids.has(one)));
    if (id === undefined || more.length > 0) throw subjectAmbiguous();
    return id;
  };
}

/** Null where it can name nobody here: the subject of another issuer is nobody's `uid`. */
function condition(identifier: UserIdentifier, issuer: string): Statement | null {
  switch (identifier.format) {
    case 'iss_sub':
      return identifier.iss === issuer ? sql`uid = ${identifier.sub}` : null;
    case 'opaque':
      return sql`uid = ${identifier.id}`;
    case 'email':
      return sql`email_key = ${identifier.email.toLowerCase()}`;
  }
}
