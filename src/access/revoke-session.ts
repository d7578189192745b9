import { appendAudit, type Actor } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow, sql } from '../database/sql';
import { lockUsers, toLockedUser } from '../users/user-lock';
import { userNotFound } from '../users/users.errors';
import { sessionNotFound } from './access.errors';
import type { PlannedDelivery } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { accessReads, tellEnds } from './access-event';
import { appendRevocations } from './end-access';
import { findSession } from './session-queries';

export type RevokeSession = (sid: string, actor: Actor, keep?: Keep<unknown>) => Promise<void>;

/**
 * Ends one session; repeating it is safe and changes nothing.
 * @throws `session.not_found`
 */
export function createRevokeSession(database: Database, outbox: Outbox): RevokeSession {
  return async (sid, actor, keep) => {
    // Whose session it is never changes, so this may be read before the user's row is locked.
    const session = await findSession(database, sid);
    if (!session) throw sessionNotFound();
    const reads = accessReads(outbox, [session.userId]);
    const deliveries = await database.transaction<readonly PlannedDelivery[]>(async (tx) => {
      const [[row], [time], ...rows] = await tx.read(
        lockUsers([session.userId]),
        databaseNow,
        ...reads.statements,
      );
      if (!row) throw userNotFound();
      const user = toLockedUser(row);
      const { uid, accessEpoch: epoch } = user;
      const now = toTime(time?.now);
      const revoked = await tx.execute(
        sql`UPDATE sessions SET revoked_at = ${now} WHERE sid = ${sid} AND revoked_at IS NULL`,
      );
      if (revoked === 0) return [];
      tx.write(appendRevocations([{ uid, sid, epoch, cause: 'session_revoked', revokedAt: now }]));
      const target = `session:${sid}`;
      tx.write(
        appendAudit([
          {
            actor,
            action: 'session.revoke',
            target,
            userId: session.userId,
            changedFields: ['revokedAt'],
            before: { revokedAt: null },
            after: { revokedAt: now.toISOString() },
            occurredAt: now,
          },
        ]),
      );
      return tellEnds(tx, outbox, reads.candidates(rows), [
        {
          user,
          session: { sid, clientId: session.clientId },
          cause: 'session_revoked',
          actor: actor.subject,
          epoch,
          endedAt: now,
        },
      ]);
    }, keep);
    outbox.handOver(deliveries);
  };
}
