import { accessEvent } from '../access/access-event';
import { systemActor } from '../audit/audit';
import type { SuspensionEventData } from '../events/catalogue';
import type { NewEvent } from '../events/outbox';
import type { OpenSuspension, PlannedChange, PlannedEvent } from './plan-change';

type Told = Pick<SuspensionEventData, 'sequence' | 'actor' | 'onBehalfOfUserId' | 'unblockedAt' | 'cause'>;

/** The events of a planned change, in the order of their sequence numbers. */
export function suspensionEvents(change: PlannedChange): NewEvent[] {
  const { command, expired, event, suspension, now, eventSequence, tellsAccess } = change;
  const events: NewEvent[] = [];
  // Counted from the last.
  const sequence = eventSequence - (tellsAccess ? 1 : 0);
  if (expired) {
    const { blockedUntil } = expired.suspension;
    events.push(
      eventOf(change, expired.event, expired.suspension, blockedUntil, {
        sequence: sequence - (event ? 1 : 0),
        actor: systemActor('expiry').subject,
        onBehalfOfUserId: null,
        unblockedAt: blockedUntil.toISOString(),
        cause: 'expired',
      }),
    );
  }
  if (event && suspension) {
    const ended = command.action === 'unblock';
    events.push(
      eventOf(change, event, suspension, now, {
        sequence,
        actor: command.actor.subject,
        onBehalfOfUserId: command.onBehalfOfUserId,
        unblockedAt: ended ? now.toISOString() : null,
        cause: ended ? 'unblocked' : null,
      }),
    );
  }
  if (tellsAccess && command.action !== 'expire') {
    const { user, accessEpoch } = change;
    events.push(
      accessEvent({
        user,
        session: null,
        cause: command.action,
        actor: command.actor.subject,
        epoch: accessEpoch,
        sequence: eventSequence,
        suspension,
        causedBy: event?.id ?? null,
        endedAt: now,
      }),
    );
  }
  return events;
}

/** @param happenedAt the moment of the fact; the row's time is that of its writing, by which lists are ordered */
function eventOf(
  { user, now, accessEpoch }: PlannedChange,
  { id, type, askedFor }: PlannedEvent,
  suspension: OpenSuspension,
  happenedAt: Date,
  told: Told,
): NewEvent {
  return {
    id,
    type,
    user: { id: user.id, uid: user.uid, email: user.email },
    staysShut: user.deactivatedAt !== null,
    askedFor,
    occurredAt: now,
    envelope: {
      type,
      timestamp: happenedAt.toISOString(),
      data: {
        userId: user.id,
        uid: user.uid,
        epoch: accessEpoch,
        suspensionId: suspension.id,
        reason: suspension.reason,
        reasonForUser: suspension.reasonForUser,
        category: suspension.category,
        blockedAt: suspension.blockedAt.toISOString(),
        blockedUntil: suspension.blockedUntil?.toISOString() ?? null,
        ...told,
      },
    },
  };
}
