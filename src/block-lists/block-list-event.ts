import type { Actor } from '../audit/audit';
import { newUuid } from '../database/uuid';
import type { BlockListEventData, EventEnvelope } from '../events/catalogue';
import type { ChannelName } from '../events/channel';
import type { NewEvent } from '../events/outbox';
import type { LockedUser } from '../users/user-lock';

export type BlockListEventType = 'block_list.added' | 'block_list.removed';

interface BlockListFact {
  type: BlockListEventType;
  owner: LockedUser;
  /** Who was blocked, or is no more. */
  other: LockedUser;
  /** Among the events of this transaction, from 1. */
  place: number;
  askedFor: ReadonlySet<ChannelName>;
  actor: Actor;
  now: Date;
}

/** The event is the owner's. It tells of the other, too, whose erasure takes its content away. */
export function blockListEvent({ type, owner, other, place, askedFor, actor, now }: BlockListFact): NewEvent {
  const { id, uid, email, accessEpoch, eventSequence } = owner;
  const envelope: EventEnvelope<BlockListEventData> = {
    type,
    timestamp: now.toISOString(),
    data: {
      userId: id,
      uid,
      sequence: eventSequence + place,
      epoch: accessEpoch,
      blockedUserId: other.id,
      blockedUid: other.uid,
      actor: actor.subject,
    },
  };
  return {
    id: newUuid(),
    type,
    user: { id, uid, email },
    otherUserId: other.id,
    askedFor,
    envelope,
    occurredAt: now,
  };
}
