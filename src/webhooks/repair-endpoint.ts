import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import type { EventType } from '../events/catalogue';
import type { DeliveryPosition } from '../events/delivery-keys';
import type { DeliveryState } from '../events/delivery.entity';
import { renewBatch, type Renewal } from '../events/renew-deliveries';
import { assertEnabled } from './endpoint-receives';

/** A call looks at 10,000 deliveries: a second or two of work. Whoever has more comes back with the cursor. */
const BATCHES_A_CALL = 20;

/** `recover` sends what did not arrive, `replay` also what did. */
export type RepairAction = 'recover' | 'replay';

/** `cancelled` is, at an endpoint that is still there, what it answered 410 to. */
const STATES: Record<RepairAction, readonly DeliveryState[]> = {
  recover: ['dead', 'skipped', 'cancelled'],
  replay: ['dead', 'skipped', 'cancelled', 'delivered'],
};

/** Which deliveries of an endpoint are sent anew. */
export interface Repair {
  action: RepairAction;
  endpointId: string;
  /** Of events from this moment on. */
  from: Date;
  /** Before this moment; without one, before now. */
  to?: Date;
  eventTypes?: readonly EventType[];
  /** Where the call before ended. */
  after: DeliveryPosition | null;
}

export interface Repaired {
  /** Deliveries that are pending now. */
  count: number;
  /** Where the next call goes on; null where there are no more. */
  next: DeliveryPosition | null;
}

export type RepairEndpoint = (repair: Repair, actor: Actor, keep?: Keep<Repaired>) => Promise<Repaired>;

/**
 * Makes an endpoint's deliveries due again, oldest first, in short transactions one after the other; the last one keeps
 * the answer. They are due at the pace of the relay, so that what happens meanwhile is not held up. What a crash leaves
 * undone the next call finds.
 * @param batches of a call, at most
 * @throws `webhook_endpoint.not_found`, `webhook_endpoint.disabled`
 */
export function createRepairEndpoint(database: Database, batches = BATCHES_A_CALL): RepairEndpoint {
  return async (repair, actor, keep) => {
    const startsAt = await begin(database, repair, actor);
    const filter = {
      target: repair.endpointId,
      states: STATES[repair.action],
      eventTypes: repair.eventTypes,
      from: repair.from,
      to: repair.to ?? startsAt,
    };
    let renewal: Renewal & { done: boolean } = {
      filter,
      startsAt,
      count: 0,
      after: repair.after,
      done: false,
    };
    for (let batch = 0; batch < batches && !renewal.done; batch++) {
      renewal = await renewBatch(database, renewal);
    }
    const repaired = { count: renewal.count, next: renewal.done ? null : renewal.after };
    return keep ? database.transaction(() => Promise.resolve(repaired), keep) : repaired;
  };
}

/** Recorded first: what follows is several transactions, and none of them must go unrecorded. */
const begin = (
  database: Database,
  { action, endpointId, from, to, eventTypes }: Repair,
  actor: Actor,
): Promise<Date> =>
  database.transaction(async (tx) => {
    const [[time]] = await tx.read(databaseNow);
    await assertEnabled(tx, endpointId);
    const now = toTime(time?.now);
    tx.write(
      appendAudit([
        {
          actor,
          action: `webhook_endpoint.${action}`,
          target: `webhook_endpoint:${endpointId}`,
          changedFields: ['deliveries'],
          after: { from: from.toISOString(), to: (to ?? now).toISOString(), eventTypes: eventTypes ?? null },
          occurredAt: now,
        },
      ]),
    );
    return now;
  });
