import type { Database } from '../src/database/database';
import { commaSeparated, sql } from '../src/database/sql';
import { progress, say } from './progress';

export const USERS = 100_000;
const SESSIONS_EACH = 5;
const ROWS_A_STATEMENT = 2_000;

/** Users 1..`users`, each with live sessions; shows how far it is. */
export async function seedUsers(database: Database, users = USERS): Promise<void> {
  const now = new Date();
  const expiresAt = new Date(now.getTime() + 86_400_000);
  for (let first = 1; first <= users; first += ROWS_A_STATEMENT) {
    const ids = Array.from({ length: ROWS_A_STATEMENT }, (_, index) => first + index);
    const rows = ids.map(
      (
        id,
      ) => sql`(${id}, ${`bench-${id}`}, ${`user${id}@bench.test`}, ${`user${id}@bench.test`}, FALSE, 1, 0, 1,
        ${now}, ${now})`,
    );
    const sessions = ids.flatMap((id) =>
      Array.from(
        { length: SESSIONS_EACH },
        (_, index) => sql`(${`bench-${id}-${index}`}, ${id}, 'web', 1, ${now}, ${expiresAt})`,
      ),
    );
    await database.transaction(async (tx) => {
      await tx.execute(sql`INSERT INTO users (id, uid, email, email_key, suspended, access_epoch, event_sequence,
        version, created_at, updated_at) VALUES ${commaSeparated(rows)}`);
      await tx.execute(sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
        VALUES ${commaSeparated(sessions)}`);
    });
    progress(`seeding ${first + ROWS_A_STATEMENT - 1} of ${users} users with ${SESSIONS_EACH} sessions each`);
  }
  say('');
}
