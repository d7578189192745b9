import type { NewEvent } from '../events/outbox';
import type { PlannedChange } from './plan-change';

/** The event of a planned change, where it has one. */
export function suspensionEvents(change: PlannedChange): NewEvent[] {
  const { event, suspension, user, command, now } = change;
  if (!event || !suspension) return [];
  return [
    {
      id: event.id,
      type: event.type,
      user: { id: user.id, uid: user.uid, email: user.email },
      askedFor: event.askedFor,
      occurredAt: now,
      envelope: {
        type: event.type,
        timestamp: now.toISOString(),
        data: {
          userId: user.id,
          uid: user.uid,
          sequence: change.eventSequence,
          epoch: change.accessEpoch,
          suspensionId: suspension.id,
          reason: suspension.reason,
          actor: command.actor.subject,
          onBehalfOfUserId: command.onBehalfOfUserId,
          blockedAt: suspension.blockedAt.toISOString(),
          blockedUntil: suspension.blockedUntil?.toISOString() ?? null,
          unblockedAt: command.action === 'unblock' ? now.toISOString() : null,
        },
      },
    },
  ];
}
