import type { Database } from '../src/database/database';
import { commaSeparated, sql } from '../src/database/sql';
import { progress } from './progress';

export const USERS = 100_000;
const SESSIONS_EACH = 5;
const ROWS_A_STATEMENT = 2_000;

/** Users 1..USERS, each with live sessions, as a step of a scenario. */
export async function seedUsers(database: Database): Promise<void> {
  await seed(database, (done) =>
    progress(`seeding ${done} of ${USERS} users with ${SESSIONS_EACH} sessions each`),
  );
}

/** Shows how far it is. */
async function seed(database: Database, progress: (done: number) => void): Promise<void> {
  const now = new Date();
  const expiresAt = new Date(now.getTime() + 86_400_000);
  for (let first = 1; first <= USERS; first += ROWS_A_STATEMENT) {
    const ids = Array.from({ length: ROWS_A_STATEMENT }, (_, index) => first + index);
    const users = ids.map(
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
        version, created_at, updated_at) VALUES ${commaSeparated(users)}`);
      await tx.execute(sql`INSERT INTO sessions (sid, user_id, client_id, epoch, created_at, expires_at)
        VALUES ${commaSeparated(sessions)}`);
    });
    progress(first + ROWS_A_STATEMENT - 1);
  }
}
