import { currentTime, sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { MadeAttempt, Sender } from '../events/channel';
import type { LogoutClient } from './logout-client.entity';

type Attempt = Pick<MadeAttempt<LogoutClient>, 'receiver' | 'outcome'>;

/**
 * Keeps since when a client fails, for people to see. Nothing follows from it: what enforces the end of access is told
 * until each delivery's schedule ends. A client that answers as it did before costs no statement.
 */
export const recordFailing: NonNullable<Sender<LogoutClient>['record']> = (tx, attempts) => {
  for (const { client, fails } of latestOf(attempts)) {
    if (fails === (client.failingSince !== null)) continue;
    const since = fails ? sql`COALESCE(failing_since, ${currentTime})` : sql`NULL`;
    // Changes nothing where somebody has changed the client since: the attempt was made upon another.
    tx.write(sql`UPDATE logout_clients SET failing_since = ${since}
      WHERE id = ${new Uuid(client.id)} AND version = ${client.version}`);
  }
  return Promise.resolve([]);
};

/** By client what the last of its attempts says, in the order of their ids, so that two workers do not wait in a circle. */
function latestOf(attempts: readonly Attempt[]): { client: LogoutClient; fails: boolean }[] {
  const latest = new Map<string, { client: LogoutClient; fails: boolean }>();
  for (const { receiver: client, outcome } of attempts) {
    if (!client || !saysSomething(outcome)) continue;
    latest.set(client.id, { client, fails: outcome.kind !== 'succeeded' });
  }
  return [...latest.values()].sort((one, other) => (one.client.id < other.client.id ? -1 : 1));
}

/** A fault of ours is none of the client's, and of what was skipped it knows nothing. */
const saysSomething = ({ kind, errorKind }: Attempt['outcome']): boolean =>
  kind !== 'skipped' && kind !== 'gone' && errorKind !== 'internal';
