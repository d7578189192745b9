import type { Database } from '../../database/database';
import { toInteger, toText } from '../../database/decode';
import {
  countGuards,
  type GuardKey,
  type GuardStep,
  type SeenGuard,
  selectKnownGuards,
  writeGuards,
  writeSteps,
} from './guard-queries';

/** By so much more than a guard's lease the database says that it may go on: its next polls need not wait. */
export const AHEAD_MS = 5_000;

/** A client that invents instances must not fill the table. */
const MAX_INSTANCES = 5_000;

/**
 * Where the others are written down, all in one row, so that no receipt says too early that access is over. No guard can
 * be called so, and acknowledge for all of them: there is no blank in a name.
 */
const OTHERS = { instanceId: '(all others)', leaseMs: 60_000 };

/** By `performance.now()`. */
export interface Times {
  toldAt: number | null;
  acknowledgedAt: number | null;
}

/** A guard as this process knows it. */
export interface Guard extends GuardKey {
  leaseMs: number;
  position: number;
  polledAt: number;
  /** As the database knows, by `performance.now()`. */
  trustedUntil: number;
  toldUpTo: number;
  steps: Map<number, Times>;
  /** One of those for whom their client has no place left. */
  isAmongOthers: boolean;
}

export const nameOf = ({ clientId, instanceId }: GuardKey): string => `${clientId} ${instanceId}`;

/** @returns those who are too many for their client; nobody is refused for it: a guard that cannot poll lets nobody in */
export async function writeAll(
  database: Database,
  guards: readonly Guard[],
  steps: ReadonlyMap<Guard, ReadonlyMap<number, Times>>,
  at: number,
): Promise<ReadonlySet<Guard>> {
  const others = await othersAmong(
    database,
    guards.filter(
      ({ trustedUntil, isAmongOthers }) => isAmongOthers || trustedUntil === Number.NEGATIVE_INFINITY,
    ),
  );
  const accepted = guards.filter((guard) => !others.has(guard));
  const rows = [...accepted, ...asOne([...others])].map(
    ({ clientId, instanceId, leaseMs, position, polledAt }): SeenGuard => ({
      clientId,
      instanceId,
      leaseMs,
      position,
      polledMsAgo: at - polledAt,
      trustedForMs: leaseMs + AHEAD_MS,
    }),
  );
  const ago = (time: number | null) => (time === null ? null : at - time);
  const stepRows = accepted.flatMap((guard) =>
    [...(steps.get(guard) ?? [])].map(([position, { toldAt, acknowledgedAt }]): GuardStep => ({
      clientId: guard.clientId,
      instanceId: guard.instanceId,
      position,
      toldMsAgo: ago(toldAt),
      acknowledgedMsAgo: ago(acknowledgedAt),
    })),
  );
  await database.transaction((tx) => {
    tx.write(writeGuards(rows));
    if (stepRows.length > 0) tx.write(writeSteps(stepRows));
    return Promise.resolve();
  });
  return others;
}

/** Of each client one, with the longest lease there is. */
const asOne = (others: readonly Guard[]): Guard[] => [
  ...new Map(others.map((guard) => [guard.clientId, { ...guard, ...OTHERS, position: 0 }])).values(),
];

async function othersAmong(database: Database, unwritten: readonly Guard[]): Promise<ReadonlySet<Guard>> {
  if (unwritten.length === 0) return new Set();
  const clientIds = [...new Set(unwritten.map(({ clientId }) => clientId))];
  const known = await database.query(selectKnownGuards(unwritten));
  const counted = await database.query(countGuards(clientIds));
  const names = new Set(
    known.rows.map((row) => nameOf({ clientId: toText(row.client_id), instanceId: toText(row.instance_id) })),
  );
  const left = new Map(
    counted.rows.map((row) => [toText(row.client_id), MAX_INSTANCES - toInteger(row.amount)]),
  );
  const isTooMany = (guard: Guard): boolean => {
    if (names.has(nameOf(guard))) return false;
    const places = left.get(guard.clientId) ?? MAX_INSTANCES;
    left.set(guard.clientId, places - 1);
    return places <= 0;
  };
  return new Set(unwritten.filter(isTooMany));
}
