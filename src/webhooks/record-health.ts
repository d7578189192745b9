import { currentTime, fromNow, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { Sender } from '../events/channel';
import type { Outbox } from '../events/outbox';
import { disableBroken } from './disable-broken';
import { type EndpointVerdict, verdictsOf } from './endpoint-verdict';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

const DAY_MS = 86_400_000;

export interface HealthOptions {
  outbox: Outbox;
  /** Days of failures without one success after which an endpoint is disabled; 0 is never. */
  disableAfterDays: number;
}

/**
 * Keeps what attempts say about their endpoints: since when one fails, until when it is spared, and that it is disabled
 * where it is gone or has failed for too long. An endpoint that answers as it did before costs no statement.
 *
 * A success that was claimed before a failure was recorded does not see that there is something to clear; the next
 * attempt does, or fails, too.
 */
export const createRecordHealth =
  ({ outbox, disableAfterDays }: HealthOptions): NonNullable<Sender<WebhookEndpoint>['record']> =>
  async (tx, attempts) => {
    const verdicts = verdictsOf(attempts, Math.random);
    const { disabled, deliveries } = await disableBroken(tx, outbox, verdicts, disableAfterDays * DAY_MS);
    // In the order of the ids, so that two workers do not wait for each other.
    for (const verdict of verdicts) {
      if (!disabled.has(verdict.endpoint.id) && saysSomethingNew(verdict)) tx.write(writeVerdict(verdict));
    }
    return deliveries;
  };

const saysSomethingNew = ({ endpoint, answers, fails, pauseMs }: EndpointVerdict): boolean => {
  const { failingSince, slowedUntil } = endpoint;
  if (pauseMs !== null) return true;
  if (fails) return answers || failingSince === null;
  return answers && (failingSince !== null || slowedUntil !== null);
};

/** Changes nothing where somebody has changed the endpoint since: the attempts were made upon another. */
const writeVerdict = (verdict: EndpointVerdict): Statement =>
  sql`UPDATE webhook_endpoints SET failing_since = ${failingSince(verdict)}, slowed_until = ${slowedUntil(verdict)}
    WHERE id = ${new Uuid(verdict.endpoint.id)} AND version = ${verdict.endpoint.version} AND enabled = TRUE`;

function failingSince({ answers, fails }: EndpointVerdict): Statement {
  if (!fails) return answers ? sql`NULL` : sql`failing_since`;
  return answers ? sql`${currentTime}` : sql`COALESCE(failing_since, ${currentTime})`;
}

/** A pause that still lasts was asked for after these attempts had begun: they do not shorten it. */
function slowedUntil({ answers, pauseMs }: EndpointVerdict): Statement {
  if (pauseMs !== null) {
    return sql`CASE WHEN slowed_until > ${fromNow(pauseMs)} THEN slowed_until ELSE ${fromNow(pauseMs)} END`;
  }
  return answers ? sql`CASE WHEN slowed_until > ${currentTime} THEN slowed_until END` : sql`slowed_until`;
}
