import type { Database } from '../database/database';
import { toInteger } from '../database/decode';
import { createGroupedRead } from '../database/grouped-read';
import { drivenBy, pairsOf, sql, type Statement } from '../database/sql';

export interface CheckedPair {
  ownerId: number;
  otherId: number;
}

export interface CheckedBlocks extends CheckedPair {
  /** The owner has blocked the other. */
  blocked: boolean;
  /** The other has blocked the owner. */
  blockedBy: boolean;
}

/** Whether users have blocked each other, in the order of the pairs; of who is not there or deactivated: no. */
export type CheckBlocks = (pairs: readonly CheckedPair[]) => Promise<CheckedBlocks[]>;

/** Pairs that share a statement with those of other calls; more have one of their own, which makes nobody wait. */
const FEW = 100;

/** Pairs in a statement that is shared. */
const MAX_TOGETHER = 1_000;

/** Asked on every message: one statement whatever the number of pairs, and one for all who ask at the same moment about few. */
export function createCheckBlocks(database: Database): CheckBlocks {
  const find = async (pairs: readonly CheckedPair[]): Promise<Blocks> => {
    const directions = pairs.flatMap(({ ownerId, otherId }): [number, number][] => [
      [ownerId, otherId],
      [otherId, ownerId],
    ]);
    const { rows } =
      await database.query(sql`SELECT e.owner_id, e.blocked_id FROM ${pairsOf(directions)} ${drivenBy}
      block_list_entries e ON e.owner_id = p.a AND e.blocked_id = p.b
      WHERE ${isHere(sql`e.owner_id`)} AND ${isHere(sql`e.blocked_id`)}`);
    return toBlocks(rows.map((row) => [toInteger(row.owner_id), toInteger(row.blocked_id)]));
  };
  const findTogether = createGroupedRead(find, MAX_TOGETHER);

  return async (pairs) => {
    if (pairs.length === 0) return [];
    const blocks = await (pairs.length > FEW ? find(pairs) : findTogether(pairs));
    const stands = (ownerId: number, blockedId: number) => blocks.get(ownerId)?.has(blockedId) ?? false;
    return pairs.map(({ ownerId, otherId }) => ({
      ownerId,
      otherId,
      blocked: stands(ownerId, otherId),
      blockedBy: stands(otherId, ownerId),
    }));
  };
}

/** Looked up by key for each entry that is found: PostgreSQL may begin a join with all users. */
const isHere = (id: Statement): Statement =>
  sql`(SELECT one.deactivated_at FROM users one WHERE one.id = ${id}) IS NULL`;

/** Whom each owner has blocked. */
type Blocks = ReadonlyMap<number, ReadonlySet<number>>;

function toBlocks(entries: readonly [ownerId: number, blockedId: number][]): Blocks {
  const blocks = new Map<number, Set<number>>();
  for (const [ownerId, blockedId] of entries) {
    const blocked = blocks.get(ownerId);
    if (blocked) blocked.add(blockedId);
    else blocks.set(ownerId, new Set([blockedId]));
  }
  return blocks;
}
