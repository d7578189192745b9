import { Pool, type PoolClient } from 'pg';
import { newUuid } from '../../src/database/uuid';
import { ACTOR, type Contender, REASON, type Receivers } from '../contender';

/** The straightforward transaction: prepared statements one after the other, the sessions revoked one by one. */
export function rawPostgres(databaseUrl: string, concurrency: number, { endpointId }: Receivers): Contender {
  const pool = new Pool({ connectionString: databaseUrl, max: concurrency });

  const inTransaction = async (work: (client: PoolClient) => Promise<void>) => {
    const client = await pool.connect();
    try {
      await client.query('BEGIN');
      await work(client);
      await client.query('COMMIT');
    } finally {
      client.release();
    }
  };

  const change = (userId: number, blocks: boolean) =>
    inTransaction(async (client) => {
      // The text is the prepared statement's name: pg prepares each once a connection.
      const run = async (text: string, values: unknown[]) =>
        (await client.query<Record<string, unknown>>({ name: text.slice(0, 60), text, values })).rows;
      const [user] = await run(
        'SELECT uid, access_epoch, event_sequence, clock_timestamp() AS now FROM users WHERE id = $1 FOR UPDATE',
        [userId],
      );
      if (!user) throw new Error(`user ${userId} is missing`);
      const { now, uid } = user;
      const [epoch, sequence] = [Number(user.access_epoch) + 1, Number(user.event_sequence) + 1];
      const [open] = await run('SELECT id FROM suspensions WHERE open_user_id = $1', [userId]);
      if (open) {
        await run(
          'UPDATE suspensions SET open_user_id = NULL, ended_at = $1, ended_by = $2, end_cause = $3 WHERE id = $4',
          [now, ACTOR, blocks ? 'replaced' : 'unblocked', open.id],
        );
      }
      if (blocks) {
        await run(
          `INSERT INTO suspensions (id, user_id, open_user_id, reason, actor, blocked_at, notify_webhook, notify_email)
           VALUES ($1, $2, $2, $3, $4, $5, TRUE, TRUE)`,
          [newUuid(), userId, REASON, ACTOR, now],
        );
      }
      await run(
        `UPDATE users SET suspended = $1, access_epoch = $2, event_sequence = $3, access_revoked_at = $4,
         version = version + 1, updated_at = $4 WHERE id = $5`,
        [blocks, epoch, sequence, now, userId],
      );
      await run('UPDATE sessions SET revoked_at = $1 WHERE user_id = $2', [now, userId]);
      await run('INSERT INTO access_revocations (uid, epoch, cause, revoked_at) VALUES ($1, $2, $3, $4)', [
        uid,
        epoch,
        blocks ? 'block' : 'unblock',
        now,
      ]);
      await run(
        `INSERT INTO audit_records (id, actor, action, target, changed_fields, occurred_at)
         VALUES ($1, $2, $3, $4, $5, $6)`,
        [newUuid(), ACTOR, blocks ? 'user.block' : 'user.unblock', `user:${userId}`, '["suspension"]', now],
      );
      const eventId = newUuid();
      const type = blocks ? 'user.blocked' : 'user.unblocked';
      await run(
        `INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
         VALUES ($1, $2, $3, $4, 1, $5, $6)`,
        [
          eventId,
          userId,
          sequence,
          type,
          JSON.stringify({ type, data: { userId, epoch, reason: REASON } }),
          now,
        ],
      );
      await run('SELECT id, event_types FROM webhook_endpoints WHERE enabled', []);
      for (const [channel, target] of [
        ['webhook', endpointId],
        ['email', String(userId)],
      ]) {
        await run(
          `INSERT INTO deliveries (id, event_id, user_id, channel, target, state, attempts, next_attempt_at, created_at)
           VALUES ($1, $2, $3, $4, $5, 'pending', 0, $6, $6)`,
          [newUuid(), eventId, userId, channel, target, now],
        );
      }
    });

  return {
    name: 'raw',
    about: 'pg, one prepared statement after the other, the sessions updated',
    block: (userId) => change(userId, true),
    unblock: (userId) => change(userId, false),
    close: () => pool.end(),
  };
}
