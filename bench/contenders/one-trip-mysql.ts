import { createPool } from 'mysql2/promise';
import { ACTOR, type Contender, REASON, type Receivers } from '../contender';

const newId = `UNHEX(REPLACE(UUID(), '-', ''))`;

/** The floor: all of it in a stored procedure, one round trip, the sessions left alone. */
const PROCEDURE = `
CREATE PROCEDURE bench_change(IN who BIGINT, IN blocks BOOLEAN, IN endpoint VARCHAR(100))
BEGIN
  DECLARE moment DATETIME(3);
  DECLARE user_uid VARCHAR(100);
  DECLARE epoch, next_sequence BIGINT;
  DECLARE event_id BINARY(16) DEFAULT ${newId};
  START TRANSACTION;
  SELECT uid, access_epoch + 1, event_sequence + 1 INTO user_uid, epoch, next_sequence
    FROM users WHERE id = who FOR UPDATE;
  SET moment = UTC_TIMESTAMP(3);
  UPDATE suspensions SET open_user_id = NULL, ended_at = moment, ended_by = '${ACTOR}',
    end_cause = IF(blocks, 'replaced', 'unblocked') WHERE open_user_id = who;
  IF blocks THEN
    INSERT INTO suspensions (id, user_id, open_user_id, reason, actor, blocked_at, notify_webhook, notify_email)
      VALUES (${newId}, who, who, '${REASON}', '${ACTOR}', moment, TRUE, TRUE);
  END IF;
  UPDATE users SET suspended = blocks, access_epoch = epoch, event_sequence = next_sequence,
    access_revoked_at = moment, version = version + 1, updated_at = moment WHERE id = who;
  INSERT INTO access_revocations (uid, epoch, cause, revoked_at)
    VALUES (user_uid, epoch, IF(blocks, 'block', 'unblock'), moment);
  INSERT INTO audit_records (id, actor, action, target, changed_fields, occurred_at)
    VALUES (${newId}, '${ACTOR}', IF(blocks, 'user.block', 'user.unblock'), CONCAT('user:', who), '["suspension"]', moment);
  INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
    VALUES (event_id, who, next_sequence, IF(blocks, 'user.blocked', 'user.unblocked'), 1,
      JSON_OBJECT('userId', who, 'epoch', epoch, 'reason', '${REASON}'), moment);
  INSERT INTO deliveries (id, event_id, user_id, channel, target, state, attempts, next_attempt_at, created_at)
    VALUES (${newId}, event_id, who, 'webhook', endpoint, 'pending', 0, moment, moment),
           (${newId}, event_id, who, 'email', who, 'pending', 0, moment, moment);
  COMMIT;
END`;

export async function oneTripMysql(
  databaseUrl: string,
  concurrency: number,
  { endpointId }: Receivers,
): Promise<Contender> {
  const pool = createPool({ uri: databaseUrl, connectionLimit: concurrency });
  pool.on('connection', (connection) => {
    void connection.query('SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED');
  });
  await pool.query('DROP PROCEDURE IF EXISTS bench_change');
  await pool.query(PROCEDURE);
  const change = async (userId: number, blocks: boolean) => {
    await pool.query('CALL bench_change(?, ?, ?)', [userId, blocks, endpointId]);
  };
  return {
    name: 'one trip',
    about: 'a stored procedure, one round trip, the sessions left alone',
    block: (userId) => change(userId, true),
    unblock: (userId) => change(userId, false),
    close: () => pool.end(),
  };
}
