import { appendAudit, type Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { commaSeparated, databaseNow, sql } from '../database/sql';
import { type LockedUser, lockUsersAfter, toLockedUser } from '../users/user-lock';
import type { PlannedDelivery } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { accessReads, tellEnds } from './access-event';
import { appendRevocations, raiseEpoch } from './end-access';

/**
 * By how much a fence raises an epoch. Credentials from after the backup may carry a higher epoch than the one that
 * was restored: by one for each block, unblock and revocation of the user in between. No user comes near a million
 * of those between two backups, and 2^53 leaves room for billions of fences.
 */
const FENCE_JUMP = 2 ** 20;

export interface RaisedFence {
  /** Users whose epoch was raised by this call. */
  raised: number;
  /** Go on after this user; null where there are no more. */
  next: number | null;
}

export type RaiseFence = (
  afterUserId: number,
  limit: number,
  actor: Actor,
  keep?: Keep<RaisedFence>,
) => Promise<RaisedFence>;

/**
 * Ends all access of the next users by id, whatever their state, in one transaction: for a database that was restored
 * from a backup, where what was revoked since would be alive again (I1, I2). Repeating it is safe; those who are
 * signed in sign in anew.
 * @param limit users of this call
 */
export function createRaiseFence(database: Database, outbox: Outbox): RaiseFence {
  return async (afterUserId, limit, actor, keep) => {
    let deliveries: readonly PlannedDelivery[] = [];
    const raised = await database.transaction<RaisedFence>(async (tx) => {
      const [rows, [time]] = await tx.read(lockUsersAfter(afterUserId, limit), databaseNow);
      const users = rows.map(toLockedUser);
      const [first, last] = [users.at(0), users.at(-1)];
      if (!first || !last) {
        deliveries = [];
        return { raised: 0, next: null };
      }
      const now = toTime(time?.now);
      const ids = users.map(({ id }) => id);
      const reads = accessReads(outbox, ids);
      // While the sessions are alive still: who has one is told.
      const candidates = reads.candidates(await tx.read(...reads.statements));
      tx.write(sql`UPDATE users SET ${raiseEpoch(now, FENCE_JUMP)} WHERE id IN (${commaSeparated(ids)})`);
      tx.write(
        appendRevocations(
          users.map((user) => ({ ...endOf(user, now), uid: user.uid, sid: null, revokedAt: now })),
        ),
      );
      const target = `users:${first.id}-${last.id}`;
      tx.write(
        appendAudit([
          { actor, action: 'access.fence', target, changedFields: ['accessEpoch'], occurredAt: now },
        ]),
      );
      const ends = users.map((user) => ({ ...endOf(user, now), user, actor: actor.subject }));
      deliveries = tellEnds(tx, outbox, candidates, ends);
      return { raised: users.length, next: users.length === limit ? last.id : null };
    }, keep);
    outbox.handOver(deliveries);
    return raised;
  };
}

const endOf = ({ accessEpoch }: LockedUser, endedAt: Date) => ({
  epoch: accessEpoch + FENCE_JUMP,
  cause: 'fence' as const,
  session: null,
  endedAt,
});
