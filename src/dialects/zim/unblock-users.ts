import type { RemoveFromBlockList, RemoveOutcome } from '../../block-lists/remove-from-block-list';
import type { Database } from '../../database/database';
import { toText } from '../../database/decode';
import { sql } from '../../database/sql';
import type { BlocklistChange } from './change-blocklist';
import type { Outcome } from './return-codes';

/** Of one user's events, how many are looked through: as many as her list may be long. */
const MAX_EVENTS = 1_000;

const outcomes: Record<Exclude<RemoveOutcome, 'not_blocked'>, Outcome | null> = {
  removed: null,
  self: 'self',
  unknown_user: 'userNotRegistered',
};

/**
 * Takes users off a list. The vendor tells apart who was on it before from who never was; a list keeps no such memory, so
 * that is read from its owner's events, where somebody was not on it.
 */
export const unblockUsers =
  (database: Database, removeFromBlockList: RemoveFromBlockList): BlocklistChange['change'] =>
  async (ownerId, otherIds, actor) => {
    const changed = [...(await removeFromBlockList(ownerId, otherIds, actor))];
    const someoneWasNotOn = changed.some(([, outcome]) => outcome === 'not_blocked');
    const before = someoneWasNotOn ? await unblockedBefore(database, ownerId) : new Set<number>();
    return new Map(
      changed.map(([id, outcome]): [number, Outcome | null] => {
        if (outcome !== 'not_blocked') return [id, outcomes[outcome]];
        return [id, before.has(id) ? 'unblockedAlready' : 'notOnList'];
      }),
    );
  };

async function unblockedBefore(database: Database, ownerId: number): Promise<ReadonlySet<number>> {
  const { rows } = await database.query(sql`SELECT payload FROM events
    WHERE user_id = ${ownerId} AND type = 'block_list.removed' ORDER BY sequence DESC LIMIT ${MAX_EVENTS}`);
  const told = rows.map(
    ({ payload }) => JSON.parse(toText(payload)) as { data?: { blockedUserId?: number } },
  );
  return new Set(told.flatMap(({ data }) => data?.blockedUserId ?? []));
}
