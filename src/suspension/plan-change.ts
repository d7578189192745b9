import { newUuid } from '../database/uuid';
import type { EventType } from '../events/catalogue';
import type { ChannelName } from '../events/channel';
import type { LockedUser } from '../users/user-lock';
import type { EndCause } from './suspension.entity';
import type { BlockCommand, SuspensionCommand, UnblockCommand } from './suspension-command';

/** The columns of an open suspension that decide what a call changes. */
export interface OpenSuspension {
  id: string;
  userId: number;
  reason: string | null;
  onBehalfOfUserId: number | null;
  blockedAt: Date;
  blockedUntil: Date | null;
  askedFor: ReadonlySet<ChannelName>;
}

/** What one command does to one user. Decided before anything is written. */
export interface PlannedChange {
  command: SuspensionCommand;
  user: LockedUser;
  now: Date;
  /** Whether the suspension changes; access is revoked either way. */
  changed: boolean;
  /** The suspension that is open afterwards, or that ends. */
  suspension: OpenSuspension | null;
  opens: boolean;
  ends: { id: string; cause: EndCause } | null;
  /** Channels that an unchanged suspension had not asked for. */
  alsoAskedFor: ReadonlySet<ChannelName>;
  event: { id: string; type: EventType; askedFor: ReadonlySet<ChannelName> } | null;
  accessEpoch: number;
  eventSequence: number;
}

/** The rules of block and unblock (DESIGN.md, "How a block flows"); `user` is locked, `now` read after the lock. */
export function planChange(
  command: SuspensionCommand,
  user: LockedUser,
  open: OpenSuspension | null,
  now: Date,
): PlannedChange {
  const rules = command.action === 'block' ? block(command, open, now) : unblock(command, open);
  return {
    command,
    user,
    now,
    ...rules,
    accessEpoch: user.accessEpoch + 1,
    eventSequence: user.eventSequence + (rules.event ? 1 : 0),
  };
}

type Rules = Pick<PlannedChange, 'changed' | 'suspension' | 'opens' | 'ends' | 'alsoAskedFor' | 'event'>;

const nobody: ReadonlySet<ChannelName> = new Set();

/** A block replaces an open suspension of other content, and leaves one of the same content open. */
function block(command: BlockCommand, open: OpenSuspension | null, now: Date): Rules {
  const { userId, reason, onBehalfOfUserId, askedFor } = command;
  if (open && open.reason === reason && open.blockedUntil === null) return repeat(open, askedFor);
  const opened = {
    id: newUuid(),
    userId,
    reason,
    onBehalfOfUserId,
    blockedAt: now,
    blockedUntil: null,
    askedFor,
  };
  return {
    changed: true,
    suspension: opened,
    opens: true,
    ends: open && { id: open.id, cause: 'replaced' },
    alsoAskedFor: nobody,
    event: { id: newUuid(), type: 'user.blocked', askedFor },
  };
}

/** A repeated block tells those alone whom the open suspension had not asked for. */
function repeat(open: OpenSuspension, askedFor: ReadonlySet<ChannelName>): Rules {
  const alsoAskedFor = new Set([...askedFor].filter((channel) => !open.askedFor.has(channel)));
  return {
    changed: false,
    suspension: open,
    opens: false,
    ends: null,
    alsoAskedFor,
    event: alsoAskedFor.size > 0 ? { id: newUuid(), type: 'user.blocked', askedFor: alsoAskedFor } : null,
  };
}

function unblock({ askedFor }: UnblockCommand, open: OpenSuspension | null): Rules {
  return {
    changed: open !== null,
    suspension: open,
    opens: false,
    ends: open && { id: open.id, cause: 'unblocked' },
    alsoAskedFor: nobody,
    event: open && { id: newUuid(), type: 'user.unblocked', askedFor },
  };
}
