import type { Database } from '../../database/database';
import type { components } from '../../http/contract.generated';
import type { Handlers } from '../../http/handlers';
import { findPropagation, type Propagation } from './find-propagation';
import type { JudgedDelivery, JudgedGuard } from './judge-propagation';

type Schemas = components['schemas'];

const GUARDS_SHOWN = 1_000;

export function createPropagationRoutes(database: Database): Pick<Handlers, 'getSuspensionPropagation'> {
  return {
    async getSuspensionPropagation({ path }) {
      return { status: 200, body: show(await findPropagation(database, path.suspensionId)) };
    },
  };
}

function show({ suspension, position, overAt, guards, ...told }: Propagation): Schemas['Propagation'] {
  const awaited = guards.filter(({ isOver }) => !isOver);
  const shown = [...awaited, ...guards.filter(({ isOver }) => isOver)].slice(0, GUARDS_SHOWN);
  return {
    suspensionId: suspension.id,
    userId: suspension.userId,
    position,
    revokedAt: suspension.blockedAt.toISOString(),
    overAt: overAt?.toISOString() ?? null,
    waitingFor: awaited.slice(0, GUARDS_SHOWN).map(({ clientId, instanceId, overBy }) => ({
      clientId,
      instanceId,
      until: overBy.toISOString(),
    })),
    guardCount: guards.length,
    guards: shown.map(showGuard),
    deliveries: told.deliveries.map(showDelivery),
    moreDeliveries: told.hasMoreDeliveries,
  };
}

const showGuard = (guard: JudgedGuard): Schemas['PropagatedGuard'] => ({
  clientId: guard.clientId,
  instanceId: guard.instanceId,
  leaseMs: guard.leaseMs,
  toldAt: guard.toldAt?.toISOString() ?? null,
  acknowledgedAt: guard.acknowledgedAt?.toISOString() ?? null,
  late: guard.leaseExpiredAt !== null,
  leaseExpiredAt: guard.leaseExpiredAt?.toISOString() ?? null,
});

const showDelivery = (delivery: JudgedDelivery): Schemas['PropagatedDelivery'] => ({
  id: delivery.id,
  eventType: delivery.eventType,
  channel: delivery.channel,
  target: delivery.target,
  state: delivery.state,
  attempts: delivery.attempts,
  createdAt: delivery.createdAt.toISOString(),
  deliveredAt: delivery.deliveredAt?.toISOString() ?? null,
  late: delivery.isLate,
});
