import type { Database } from '../database/database';
import { toInteger, toTime } from '../database/decode';
import { after } from '../database/keyset';
import { allOf, commaSeparated, sql, type Statement, unionAll } from '../database/sql';
import { totalAtEnd } from '../http/pagination';
import { namedColumns, type NamedUser, toNamedUser } from './named-users';
import { isNotDeactivated } from './user-status';

export interface NamedUserFilter {
  deactivated: 'without' | 'with' | 'only';
  /** Any part of the uid, the name or the address, without case; no character means another. */
  search?: string;
  /** A condition over `u` that they meet besides. */
  which: Statement;
}

export interface NamedUsersAsked {
  limit: number;
  offset: number;
  /** How many users of those that follow the page are counted at most. */
  countAhead: number;
  /** How many users a search looks at. */
  searched: number;
}

/**
 * A page of all of them, newest first, with the total; of deactivated ones alone, the last deactivated first. It costs no
 * more in a larger table. The total leaves out who comes later than is counted, and goes past each page that another one
 * follows. A search looks at the first of the list alone, since no index holds the parts of a word; beyond them it finds
 * whom it names by the whole uid or address.
 */
export async function listNamedUsers(
  database: Database,
  filter: NamedUserFilter,
  { limit, offset, countAhead, searched }: NamedUsersAsked,
): Promise<{ users: NamedUser[]; total: number }> {
  const list = listOf(filter);
  const parts = await partsOf(database, list, filter, searched);
  const { rows } =
    await database.query(sql`SELECT ${namedColumns} FROM (${pageOf(list, parts, limit, offset)}) page
    JOIN users u ON u.id = page.id ORDER BY ${list.order}`);
  const users = rows.map(toNamedUser);
  const total = totalAtEnd({ limit, offset }, users.length);
  return { users, total: total ?? (await countUpTo(database, parts, offset + limit + countAhead)) };
}

/** Whom a page is taken of, in the order of an index, over `u`. */
interface List {
  at: Statement;
  order: Statement;
  members: Statement;
}

const NEWEST: List = {
  at: sql`u.created_at`,
  order: sql`u.created_at DESC, u.id DESC`,
  members: sql`TRUE`,
};

const LAST_DEACTIVATED: List = {
  at: sql`u.deactivated_at`,
  order: sql`u.deactivated_at DESC, u.id DESC`,
  members: sql`u.deactivated_at IS NOT NULL`,
};

const listOf = ({ deactivated }: NamedUserFilter): List =>
  deactivated === 'only' ? LAST_DEACTIVATED : NEWEST;

/** Conditions that say who matches. Nobody meets two of them, and each is looked up by an index. */
async function partsOf(
  database: Database,
  list: List,
  { deactivated, search, which }: NamedUserFilter,
  searched: number,
): Promise<Statement[]> {
  const others = [list.members, ...(deactivated === 'without' ? [isNotDeactivated] : []), which];
  if (search === undefined) return [allOf(others)];
  const text = search.toLowerCase();
  const { rows } =
    await database.query(sql`SELECT ${list.at} AS listed_at, u.id FROM users u WHERE ${list.members}
    ORDER BY ${list.order} LIMIT 1 OFFSET ${searched}`);
  const [next] = rows;
  // First, since nearly nobody meets it, and whoever does not is not held against the rest.
  const containing = [contains(text), ...others];
  if (!next) return [allOf(containing)];
  const at = toTime(next.listed_at);
  const id = toInteger(next.id);
  const looksAt = after([list.at, at], [sql`u.id`, id]);
  const beyond = sql`${list.at} <= ${at} AND (${list.at} < ${at} OR u.id <= ${id})`;
  const wholeUid = sql`u.uid IN (${commaSeparated([search, text])})`;
  return [
    allOf([looksAt, ...containing]),
    allOf([wholeUid, beyond, ...others]),
    allOf([sql`u.email_key = ${text}`, sql`NOT ${wholeUid}`, beyond, ...others]),
  ];
}

const contains = (text: string): Statement => sql`(POSITION(${text} IN LOWER(u.uid)) > 0
  OR POSITION(${text} IN LOWER(CONCAT(COALESCE(u.first_name, ''), ' ', COALESCE(u.last_name, '')))) > 0
  OR POSITION(${text} IN COALESCE(u.email_key, '')) > 0)`;

function pageOf({ at, order }: List, parts: readonly Statement[], limit: number, offset: number): Statement {
  const upToEnd = parts.map(
    (part) => sql`SELECT u.id, ${at} AS listed_at FROM users u WHERE ${part}
      ORDER BY ${order} LIMIT ${limit + offset}`,
  );
  return sql`SELECT found.id FROM (${unionAll(upToEnd)}) found
    ORDER BY found.listed_at DESC, found.id DESC LIMIT ${limit} OFFSET ${offset}`;
}

async function countUpTo(database: Database, parts: readonly Statement[], most: number): Promise<number> {
  const counted = parts.map((part) => sql`SELECT u.id FROM users u WHERE ${part} LIMIT ${most}`);
  const { rows } = await database.query(sql`SELECT COUNT(*) AS total FROM (${unionAll(counted)}) counted`);
  return toInteger(rows[0]?.total);
}
