import { Pool } from 'pg';
import { ACTOR, type Contender, REASON, type Receivers } from '../contender';

/** The floor: all of it in a function, one round trip, the sessions left alone. */
const FUNCTION = `
CREATE OR REPLACE FUNCTION bench_change(who bigint, blocks boolean, endpoint varchar) RETURNS void AS $body$
DECLARE
  moment timestamptz(3);
  user_uid varchar;
  epoch bigint;
  next_sequence bigint;
  new_event uuid := gen_random_uuid();
BEGIN
  SELECT uid, access_epoch + 1, event_sequence + 1 INTO user_uid, epoch, next_sequence
    FROM users WHERE id = who FOR UPDATE;
  moment := clock_timestamp();
  UPDATE suspensions SET open_user_id = NULL, ended_at = moment, ended_by = '${ACTOR}',
    end_cause = CASE WHEN blocks THEN 'replaced' ELSE 'unblocked' END WHERE open_user_id = who;
  IF blocks THEN
    INSERT INTO suspensions (id, user_id, open_user_id, reason, actor, blocked_at, notify_webhook, notify_email)
      VALUES (gen_random_uuid(), who, who, '${REASON}', '${ACTOR}', moment, TRUE, TRUE);
  END IF;
  UPDATE users SET suspended = blocks, access_epoch = epoch, event_sequence = next_sequence,
    access_revoked_at = moment, version = version + 1, updated_at = moment WHERE id = who;
  INSERT INTO access_revocations (uid, epoch, cause, revoked_at)
    VALUES (user_uid, epoch, CASE WHEN blocks THEN 'block' ELSE 'unblock' END, moment);
  INSERT INTO audit_records (id, actor, action, target, changed_fields, occurred_at)
    VALUES (gen_random_uuid(), '${ACTOR}', CASE WHEN blocks THEN 'user.block' ELSE 'user.unblock' END,
      'user:' || who, '["suspension"]', moment);
  INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
    VALUES (new_event, who, next_sequence, CASE WHEN blocks THEN 'user.blocked' ELSE 'user.unblocked' END, 1,
      json_build_object('userId', who, 'epoch', epoch, 'reason', '${REASON}')::text, moment);
  INSERT INTO deliveries (id, event_id, user_id, channel, target, state, attempts, next_attempt_at, created_at)
    VALUES (gen_random_uuid(), new_event, who, 'webhook', endpoint, 'pending', 0, moment, moment),
           (gen_random_uuid(), new_event, who, 'email', who::varchar, 'pending', 0, moment, moment);
END $body$ LANGUAGE plpgsql`;

export async function oneTripPostgres(
  databaseUrl: string,
  concurrency: number,
  { endpointId }: Receivers,
): Promise<Contender> {
  const pool = new Pool({ connectionString: databaseUrl, max: concurrency });
  await pool.query(FUNCTION);
  const change = async (userId: number, blocks: boolean) => {
    await pool.query({
      name: 'change',
      text: 'SELECT bench_change($1, $2, $3)',
      values: [userId, blocks, endpointId],
    });
  };
  return {
    name: 'one trip',
    about: 'a function in the database, one round trip, the sessions left alone',
    block: (userId) => change(userId, true),
    unblock: (userId) => change(userId, false),
    close: () => pool.end(),
  };
}
