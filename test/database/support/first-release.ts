import { sql, type Statement } from '../../../src/database/sql';
import { newUuid, Uuid } from '../../../src/database/uuid';

/**
 * What the first release writes when it creates, signs in and blocks a user, column by column as it did. It is never
 * changed: that release may still be running while a migration is.
 */
export function writesOfFirstRelease(id: number): Statement[] {
  const [uid, now, event] = [newUuid(), new Date(), new Uuid(newUuid())];
  const [suspension, delivery, audit] = [new Uuid(newUuid()), new Uuid(newUuid()), new Uuid(newUuid())];
  return [
    sql`INSERT INTO users (id, uid, email, email_key, first_name, last_name, locale, suspended, suspended_until,
      deactivated_at, access_epoch, access_revoked_at, event_sequence, version, created_at, updated_at)
      VALUES (${id}, ${uid}, NULL, NULL, 'Ada', NULL, 'en', FALSE, NULL, NULL, 1, NULL, 0, 1, ${now}, ${now})`,
    sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
      VALUES (${newUuid()}, ${id}, 'web', 1, ${now}, ${now})`,
    sql`UPDATE users SET suspended = TRUE, suspended_until = NULL, access_epoch = access_epoch + 1,
      access_revoked_at = ${now}, event_sequence = event_sequence + 1, version = version + 1, updated_at = ${now}
      WHERE id = ${id}`,
    sql`INSERT INTO suspensions (id, user_id, open_user_id, reason, actor, on_behalf_of_user_id, blocked_at,
      blocked_until, notify_webhook, notify_email) VALUES (${suspension}, ${id}, ${id}, 'why', 'admin', NULL, ${now},
      NULL, TRUE, FALSE)`,
    sql`INSERT INTO access_revocations (uid, sid, epoch, cause, revoked_at)
      VALUES (${uid}, NULL, 2, 'block', ${now})`,
    sql`INSERT INTO events (id, user_id, sequence, type, schema_version, payload, occurred_at)
      VALUES (${event}, ${id}, 1, 'user.blocked', 1, '{}', ${now})`,
    sql`INSERT INTO deliveries
      (id, event_id, user_id, channel, target, state, attempts, next_attempt_at, enqueued_at, created_at)
      VALUES (${delivery}, ${event}, ${id}, 'email', ${String(id)}, 'pending', 0, ${now}, ${now}, ${now})`,
    sql`INSERT INTO delivery_attempts
      (delivery_id, number, started_at, took_ms, outcome, status_code, error, response)
      VALUES (${delivery}, 1, ${now}, 7, 'succeeded', 250, NULL, NULL)`,
    sql`INSERT INTO audit_records (id, actor, client_id, action, target, request_id, changed_fields, occurred_at)
      VALUES (${audit}, 'admin', 'admin', 'user.block', ${`user:${id}`}, NULL, '[]', ${now})`,
  ];
}
