import { appendAudit, type Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow, sql } from '../database/sql';
import { lockUsers, toLockedUser } from '../users/user-lock';
import { userNotFound, userProtected } from '../users/users.errors';
import type { PlannedDelivery } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { accessReads, tellEnds } from './access-event';
import { appendRevocations, raiseEpoch } from './end-access';

/** @param mayTouchProtected whether the caller may take access away from a protected user */
export type RevokeSessions = (
  userId: number,
  actor: Actor,
  mayTouchProtected: boolean,
  keep?: Keep<unknown>,
) => Promise<void>;

/**
 * Ends all of a user's access without suspending her: she may sign in again at once.
 * @throws `user.not_found`, `user.protected`
 */
export function createRevokeSessions(database: Database, outbox: Outbox): RevokeSessions {
  return async (userId, actor, mayTouchProtected, keep) => {
    const reads = accessReads(outbox, [userId]);
    const deliveries = await database.transaction<readonly PlannedDelivery[]>(async (tx) => {
      const [[row], [time], ...rows] = await tx.read(lockUsers([userId]), databaseNow, ...reads.statements);
      if (!row) throw userNotFound();
      const user = toLockedUser(row);
      const { uid, accessEpoch } = user;
      if (user.protected && !mayTouchProtected) throw userProtected();
      const now = toTime(time?.now);
      tx.write(sql`UPDATE users SET ${raiseEpoch(now)} WHERE id = ${userId}`);
      tx.write(
        appendRevocations([
          { uid, sid: null, epoch: accessEpoch + 1, cause: 'sessions_revoked', revokedAt: now },
        ]),
      );
      const target = `user:${userId}`;
      tx.write(
        appendAudit([
          {
            actor,
            action: 'sessions.revoke',
            target,
            changedFields: ['accessEpoch'],
            before: { accessEpoch },
            after: { accessEpoch: accessEpoch + 1 },
            occurredAt: now,
          },
        ]),
      );
      return tellEnds(tx, outbox, reads.candidates(rows), [
        {
          user,
          session: null,
          cause: 'sessions_revoked',
          actor: actor.subject,
          epoch: accessEpoch + 1,
          endedAt: now,
        },
      ]);
    }, keep);
    outbox.handOver(deliveries);
  };
}
