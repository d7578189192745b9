import { systemActor } from '../audit/audit';
import { orNull, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, databaseNow, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { newUuid, Uuid } from '../database/uuid';
import type { EndpointEventData } from '../events/catalogue';
import type { ChannelName, PlannedDelivery } from '../events/channel';
import { keepRecipient } from '../events/delivery-recipient';
import type { NewEvent, Outbox } from '../events/outbox';
import { writeDisabled } from './disable-webhook-endpoint';
import type { EndpointVerdict } from './endpoint-verdict';

const actor = systemActor('endpoint-health');

/** The other endpoints that want the event, and whoever is the endpoint's contact. */
const TOLD: ReadonlySet<ChannelName> = new Set(['webhook', 'email']);

/** An endpoint that is to be disabled, as its locked row says. */
interface BrokenEndpoint {
  id: string;
  description: string | null;
  contact: string | null;
  cause: EndpointEventData['cause'];
  failingSince: Date | null;
}

export interface DisabledEndpoints {
  disabled: ReadonlySet<string>;
  /** Who is told of it. */
  deliveries: readonly PlannedDelivery[];
}

/**
 * Disables the endpoints that are gone, or have failed for too long without one success, and tells of it: the change,
 * its audit record, its event and the deliveries are written with the attempts that decided it (I3). What an attempt
 * knows of its endpoint is old: the row is locked and looked at again, so that a success that came in between saves it,
 * and of two workers one disables it.
 * @param verdicts in the order of the endpoints' ids
 * @param failingLimitMs 0 for no limit
 */
export async function disableBroken(
  tx: Transaction,
  outbox: Outbox,
  verdicts: readonly EndpointVerdict[],
  failingLimitMs: number,
): Promise<DisabledEndpoints> {
  const hasFailedTooLong = (failingSince: Date | null, now: Date) =>
    failingLimitMs > 0 && failingSince !== null && now.getTime() - failingSince.getTime() >= failingLimitMs;
  const seemsBroken = ({ gone, fails, answers, endpoint, startedAt }: EndpointVerdict) =>
    gone || (fails && !answers && hasFailedTooLong(endpoint.failingSince, startedAt));
  if (!verdicts.some(seemsBroken)) return { disabled: new Set(), deliveries: [] };

  // All that the transaction writes to, so that it locks them in one order.
  const [rows, [time]] = await tx.read(lockEnabled(verdicts.map(({ endpoint }) => endpoint.id)), databaseNow);
  const now = toTime(time?.now);
  const broken = verdicts.filter(seemsBroken).flatMap(({ endpoint: { id, version }, gone }) => {
    const row = rows.find((one) => toUuid(one.id) === id && toInteger(one.version) === version);
    if (!row) return [];
    const found = toBroken(row, gone ? 'gone' : 'failing');
    return gone || hasFailedTooLong(found.failingSince, now) ? [found] : [];
  });
  for (const { id, cause } of broken) tx.write(writeDisabled(id, cause, actor, now));
  return {
    disabled: new Set(broken.map(({ id }) => id)),
    deliveries: broken.length > 0 ? await tell(tx, outbox, broken, now) : [],
  };
}

const lockEnabled = (ids: readonly string[]): Statement =>
  sql`SELECT id, version, description, contact, failing_since FROM webhook_endpoints
    WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))}) AND enabled = TRUE ORDER BY id FOR UPDATE`;

const toBroken = (row: Row, cause: BrokenEndpoint['cause']): BrokenEndpoint => ({
  id: toUuid(row.id),
  description: orNull(toText, row.description),
  contact: orNull(toText, row.contact),
  cause,
  failingSince: orNull(toTime, row.failing_since),
});

/** The candidates are read once all are disabled, so that none of them is sent anything. */
async function tell(
  tx: Transaction,
  outbox: Outbox,
  broken: readonly BrokenEndpoint[],
  now: Date,
): Promise<PlannedDelivery[]> {
  const reads = outbox.candidateReads(TOLD, []);
  const candidates = await tx.read(...reads.map(({ statement }) => statement));
  return broken.flatMap((endpoint) => {
    // It would only be skipped.
    const others = (rows: readonly Row[] = []) => rows.filter(({ id }) => toUuid(id) !== endpoint.id);
    const { writes, deliveries } = outbox.plan(
      [disabledEvent(endpoint, now)],
      new Map(reads.map(({ channel }, index) => [channel, others(candidates[index])])),
    );
    tx.write([...writes, ...keepRecipient(deliveries, endpoint.contact)]);
    return deliveries;
  });
}

const disabledEvent = (
  { id, description, contact, cause, failingSince }: BrokenEndpoint,
  now: Date,
): NewEvent => ({
  id: newUuid(),
  type: 'endpoint.disabled',
  user: null,
  ...(contact === null ? {} : { contact: { target: `webhook_endpoint:${id}`, email: contact } }),
  askedFor: TOLD,
  occurredAt: now,
  envelope: {
    type: 'endpoint.disabled',
    timestamp: now.toISOString(),
    data: {
      endpointId: id,
      description,
      cause,
      failingSince: cause === 'failing' ? (failingSince?.toISOString() ?? null) : null,
    },
  },
});
