import { after, before } from '../database/keyset';
import { allOf, commaSeparated, sql, type Statement, unionAll } from '../database/sql';
import { Uuid } from '../database/uuid';
import { EVENT_TYPES, type EventType } from './catalogue';
import { DELIVERY_STATES, type DeliveryState } from './delivery.entity';

/** Which deliveries; what is absent does not matter. */
export interface DeliveryFilter {
  /** An endpoint's id, or that of a user who is mailed. */
  target?: string;
  userId?: number;
  eventTypes?: readonly EventType[];
  states?: readonly DeliveryState[];
  /** Created at this moment or later. */
  from?: Date;
  /** Created before this moment. */
  to?: Date;
}

/** A place among deliveries in order of time; their ids break ties. */
export interface DeliveryPosition {
  createdAt: Date;
  key: string;
}

export interface DeliveryWalk {
  order: 'newest first' | 'oldest first';
  limit: number;
  after: DeliveryPosition | null;
}

/**
 * Reads `id` and `created_at` of up to `limit` deliveries in order. No index is in the order of time over all states and
 * types, but each is within one of them: so every wanted state and type is read by itself, no further than the
 * limit, and only what comes of that is sorted. The cost grows with the limit and not with the table; where a user is
 * given, with what there is about her.
 */
export function selectDeliveryKeys(filter: DeliveryFilter, walk: DeliveryWalk): Statement {
  const states = filter.states ?? DELIVERY_STATES;
  const branches = states.flatMap((state) =>
    filter.userId === undefined ? branchesByType(filter, state, walk) : [userBranch(filter, state, walk)],
  );
  return sql`SELECT k.id, k.created_at FROM (${unionAll(branches)}) k
    ORDER BY ${inOrder(sql`k.created_at`, sql`k.id`, walk)} LIMIT ${walk.limit}`;
}

/** Served by `deliveries_endpoint` or `deliveries_state`, in their order. */
function branchesByType(filter: DeliveryFilter, state: DeliveryState, walk: DeliveryWalk): Statement[] {
  const { eventTypes } = filter;
  return [
    ...(eventTypes ?? EVENT_TYPES).map((type) => branch(filter, state, walk, [sql`d.event_type = ${type}`])),
    // Rows of the version before do not say of what type their event is.
    branch(filter, state, walk, [sql`d.event_type IS NULL`, ...ofTypes(eventTypes)]),
  ];
}

/** Served by `deliveries_user_state`: about one user there is little. */
const userBranch = (filter: DeliveryFilter, state: DeliveryState, walk: DeliveryWalk): Statement =>
  branch(filter, state, walk, [sql`d.user_id = ${filter.userId ?? null}`, ...ofTypes(filter.eventTypes)]);

/** As a scalar: PostgreSQL would hash all events for a join or an EXISTS. */
const ofTypes = (types: readonly EventType[] | undefined): Statement[] =>
  types ? [sql`(SELECT e.type FROM events e WHERE e.id = d.event_id) IN (${commaSeparated(types)})`] : [];

function branch(
  { target, from, to }: DeliveryFilter,
  state: DeliveryState,
  walk: DeliveryWalk,
  more: readonly Statement[],
): Statement {
  const conditions = [
    sql`d.state = ${state}`,
    ...more,
    ...(target === undefined ? [] : [sql`d.target = ${target}`]),
    ...(from === undefined ? [] : [sql`d.created_at >= ${from}`]),
    ...(to === undefined ? [] : [sql`d.created_at < ${to}`]),
    ...(walk.after ? [beyond(walk.after, walk)] : []),
  ];
  return sql`SELECT d.id, d.created_at FROM deliveries d WHERE ${allOf(conditions)}
    ORDER BY ${inOrder(sql`d.created_at`, sql`d.id`, walk)} LIMIT ${walk.limit}`;
}

const inOrder = (time: Statement, id: Statement, { order }: DeliveryWalk): Statement =>
  order === 'newest first' ? sql`${time} DESC, ${id} DESC` : sql`${time}, ${id}`;

const beyond = ({ createdAt, key }: DeliveryPosition, { order }: DeliveryWalk): Statement =>
  (order === 'newest first' ? before : after)([sql`d.created_at`, createdAt], [sql`d.id`, new Uuid(key)]);
