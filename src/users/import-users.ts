import type { Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { toInteger, toText } from '../database/decode';
import { inChunks } from '../database/in-chunks';
import type { Keep } from '../database/keep';
import { commaSeparated, sql } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { insertUsers, type NewUser } from './insert-users';

/** What became of one user of an import. */
export interface ImportedUser {
  /** As given where she was refused; null where nothing was given. */
  id: number | null;
  uid: string | null;
  outcome: 'created' | 'exists' | 'refused';
  code?: 'user.id_taken' | 'user.uid_taken' | 'user.retired';
}

export type ImportUsers = (
  users: readonly NewUser[],
  actor: Actor,
  keep?: Keep<ImportedUser[]>,
) => Promise<ImportedUser[]>;

/**
 * Makes many users, a transaction for a few hundred. A user who is there already, by all that was given of id and
 * uid, is left as she is, so that an import may be repeated. Who takes an id or a uid at the same moment fails the
 * chunk's transaction, and the next run of it sees her.
 * @returns an outcome for each, in order; after an error what came before it may be stored: repeat the import
 */
export function createImportUsers(database: Database): ImportUsers {
  return (users, actor, keep) => inChunks(database, users, (tx, chunk) => importInto(tx, chunk, actor), keep);
}

/** Who has an id and a uid, or is about to get them: what is generated is known once she is inserted. */
interface Holder extends Pick<NewUser, 'id' | 'uid'> {
  retired?: boolean;
}

/** What is to become of one user, decided before anything is written. */
interface Plan {
  input: NewUser;
  holder: Holder;
  outcome: ImportedUser['outcome'];
  code?: ImportedUser['code'];
}

async function importInto(tx: Transaction, users: readonly NewUser[], actor: Actor): Promise<ImportedUser[]> {
  const plans = planImport(users, await readHolders(tx, users));
  const creations = plans.filter(({ outcome }) => outcome === 'created');
  if (creations.length > 0) {
    const inputs = creations.map(({ input }) => input);
    const { users: made, retired } = await insertUsers(tx, inputs, actor);
    made.forEach((user, index) => {
      const { id, uid } = user;
      Object.assign(creations[index]?.holder ?? {}, { id, uid, retired: retired.has(user) });
    });
  }
  return plans.map(toOutcome);
}

/** Whoever comes first in the list has the id and the uid, and is found there by those who follow. */
function planImport(users: readonly NewUser[], holders: readonly Holder[]): Plan[] {
  const byId = new Map(holders.map((holder) => [holder.id, holder]));
  const byUid = new Map(holders.map((holder) => [holder.uid, holder]));
  return users.map((input): Plan => {
    const { id, uid } = input;
    const ofId = id === undefined ? undefined : byId.get(id);
    const ofUid = uid === undefined ? undefined : byUid.get(uid);
    const holder = ofId ?? ofUid;
    if (holder === undefined) {
      const added: Holder = { id, uid };
      if (id !== undefined) byId.set(id, added);
      if (uid !== undefined) byUid.set(uid, added);
      return { input, holder: added, outcome: 'created' };
    }
    const isSame = (id === undefined || holder === ofId) && (uid === undefined || holder === ofUid);
    if (isSame) return { input, holder, outcome: 'exists' };
    return { input, holder, outcome: 'refused', code: ofId ? 'user.id_taken' : 'user.uid_taken' };
  });
}

function toOutcome({ input, holder, outcome, code }: Plan): ImportedUser {
  const { id = null, uid = null } = outcome === 'refused' || holder.retired ? input : holder;
  if (outcome !== 'refused' && holder.retired) return { id, uid, outcome: 'refused', code: 'user.retired' };
  return { id, uid, outcome, ...(code ? { code } : {}) };
}

/** Those who have one of the ids or uids; each once. */
async function readHolders(tx: Transaction, users: readonly NewUser[]): Promise<Holder[]> {
  const ids = users.flatMap(({ id }) => id ?? []);
  const uids = users.flatMap(({ uid }) => uid ?? []);
  const conditions = [
    ...(ids.length > 0 ? [sql`SELECT id, uid FROM users WHERE id IN (${commaSeparated(ids)})`] : []),
    ...(uids.length > 0 ? [sql`SELECT id, uid FROM users WHERE uid IN (${commaSeparated(uids)})`] : []),
  ];
  const found = (await tx.read(...conditions)).flat();
  const holders = found.map((row) => ({ id: toInteger(row.id), uid: toText(row.uid) }));
  return [...new Map(holders.map((holder) => [holder.id, holder])).values()];
}
