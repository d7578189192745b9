import { createPool, type PoolConnection, type RowDataPacket } from 'mysql2/promise';
import { newUuid } from '../../src/database/uuid';
import { ACTOR, type Contender, REASON, type Receivers } from '../contender';

const bytes = (uuid: string): Buffer => Buffer.from(uuid.replaceAll('-', ''), 'hex');
const newId = (): Buffer => bytes(newUuid());

/** The straightforward transaction: prepared statements one after the other, the sessions revoked one by one. */
export function rawMysql(databaseUrl: string, concurrency: number, { endpointId }: Receivers): Contender {
  const pool = createPool({
    uri: databaseUrl,
    connectionLimit: concurrency,
    timezone: 'Z',
    supportBigNumbers: true,
  });
  pool.on('connection', (connection) => {
    void connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  });

  const inTransaction = async (work: (connection: PoolConnection) => Promise<void>) => {
    const connection = await pool.getConnection();
    try {
      await connection.query('START TRANSACTION');
      await work(connection);
      await connection.query('COMMIT');
    } finally {
      connection.release();
    }
  };

  const change = (userId: number, blocks: boolean) =>
    inTransaction(async (connection) => {
      const run = async (text: string, values: (string | number | boolean | Date | Buffer | null)[]) =>
        (await connection.execute<RowDataPacket[]>(text, values))[0];
      const [user] = await run(
        'SELECT uid, email, access_epoch, event_sequence, UTC_TIMESTAMP(3) AS now FROM users WHERE id = ? FOR UPDATE',
        [userId],
      );
      if (!user) throw new Error(`user ${userId} is missing`);
      const now = user.now as Date;
      const [epoch, sequence] = [Number(user.access_epoch) + 1, Number(user.event_sequence) + 1];
      const [open] = await run('SELECT id FROM suspensions WHERE open_user_id = ?', [userId]);
      if (open) {
        await run(
          'UPDATE suspensions SET open_user_id = NULL, ended_at = ?, ended_by = ?, end_cause = ? WHERE id = ?',
          [now, ACTOR, blocks ? 'replaced' : 'unblocked', open.id as Buffer],
        );
      }
      if (blocks) {
        await run(
          `INSERT INTO suspensions (id, user_id, open_user_id, reason, actor, blocked_at, notify_webhook, notify_email)
           VALUES (?, ?, ?, ?, ?, ?, TRUE, TRUE)`,
          [newId(), userId, userId, REASON, ACTOR, now],
        );
      }
      await run(
        `UPDATE users SET suspended = ?, access_epoch = ?, event_sequence = ?, access_revoked_at = ?,
         version = version + 1, updated_at = ? WHERE id = ?`,
        [blocks, epoch, sequence, now, now, userId],
      );
      await run('UPDATE sessions SET revoked_at = ? WHERE user_id = ?', [now, userId]);
      await run('INSERT INTO access_revocations (uid, epoch, cause, revoked_at) VALUES (?, ?, ?, ?)', [
        user.uid as string,
        epoch,
        blocks ? 'block' : 'unblock',
        now,
      ]);
      await run(
        `INSERT INTO audit_records (id, actor, action, target, changed_fields, occurred_at) VALUES (?, ?, ?, ?, ?, ?)`,
        [newId(), ACTOR, blocks ? 'user.block' : 'user.unblock', `user:${userId}`, '["suspension"]', now],
      );
      const eventId = newId();
      const type = blocks ? 'user.blocked' : 'user.unblocked';
      await run(
        'INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at) VALUES (?, ?, ?, ?, 1, ?, ?)',
        [
          eventId,
          userId,
          sequence,
          type,
          JSON.stringify({ type, data: { userId, epoch, reason: REASON } }),
          now,
        ],
      );
      await run('SELECT id, event_types FROM webhook_endpoints WHERE enabled = TRUE', []);
      for (const [channel, target] of [
        ['webhook', endpointId],
        ['email', String(userId)],
      ] as const) {
        await run(
          `INSERT INTO deliveries (id, event_id, user_id, channel, target, state, attempts, next_attempt_at, created_at)
           VALUES (?, ?, ?, ?, ?, 'pending', 0, ?, ?)`,
          [newId(), eventId, userId, channel, target, now, now],
        );
      }
    });

  return {
    name: 'raw',
    about: 'mysql2, one prepared statement after the other, the sessions updated',
    block: (userId) => change(userId, true),
    unblock: (userId) => change(userId, false),
    close: () => pool.end(),
  };
}
