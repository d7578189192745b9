import { newUuid } from '../database/uuid';
import type { DomainError } from '../errors';
import type { EventType } from '../events/catalogue';
import type { ChannelName } from '../events/channel';
import { preconditionFault } from '../http/etag';
import type { LockedUser } from '../users/user-lock';
import { statusOf } from '../users/user-status';
import { userTag } from '../users/user-tag';
import { userProtected } from '../users/users.errors';
import type { EndCause } from './suspension.entity';
import type {
  BlockCommand,
  SuspensionCategory,
  SuspensionCommand,
  UnblockCommand,
} from './suspension-command';
import { blocksHerself, untilPast } from './suspension.errors';

/** The columns of an open suspension that decide what a call changes. */
export interface OpenSuspension {
  id: string;
  userId: number;
  reason: string | null;
  reasonForUser: string | null;
  category: SuspensionCategory | null;
  onBehalfOfUserId: number | null;
  blockedAt: Date;
  blockedUntil: Date | null;
  askedFor: ReadonlySet<ChannelName>;
}

export interface PlannedEvent {
  id: string;
  type: EventType;
  askedFor: ReadonlySet<ChannelName>;
}

/** What one command does to one user. Decided before anything is written. */
export interface PlannedChange {
  command: SuspensionCommand;
  user: LockedUser;
  now: Date;
  /** A suspension whose time ran out before the command came; it is closed first, with an event of its own. */
  expired: { suspension: OpenSuspension & { blockedUntil: Date }; event: PlannedEvent } | null;
  /** Whether access ends with it: not where a suspension ran out, nor where an undo leaves the user alone. */
  revokes: boolean;
  /** Whether the command changes the suspension. */
  changed: boolean;
  /** The suspension that is open afterwards, or that ends. */
  suspension: OpenSuspension | null;
  opens: boolean;
  ends: { id: string; cause: EndCause } | null;
  /** Channels that an unchanged suspension had not asked for. */
  alsoAskedFor: ReadonlySet<ChannelName>;
  event: PlannedEvent | null;
  /** Whether somebody is told of the end of access by itself (`access-event.ts`); that event is the last of the change. */
  tellsAccess: boolean;
  accessEpoch: number;
  /** The user's last event afterwards. */
  eventSequence: number;
}

/** Who has to hear when the access of a user ends. */
export type IsAccessTold = (user: LockedUser) => boolean;

/** The rules of block, unblock and expiry (DESIGN.md, "How a block flows"); `user` is locked, `now` read after the lock. */
export function planChange(
  command: SuspensionCommand,
  user: LockedUser,
  stored: OpenSuspension | null,
  now: Date,
  isAccessTold: IsAccessTold = () => false,
): PlannedChange | DomainError {
  const expired = stored && expiryOf(stored, now);
  const open = expired ? null : stored;
  const overtaken = isOvertaken(command, open);
  const refusal = overtaken ? null : refusalOf(command, user, open, now);
  if (refusal) return refusal;
  const rules = overtaken ? untouched(open) : rulesOf(command, open, now);
  const revokes = command.action !== 'expire' && !overtaken;
  const tellsAccess = revokes && isAccessTold(user);
  return {
    command,
    user,
    now,
    expired,
    revokes,
    tellsAccess,
    ...rules,
    changed: rules.changed || (command.action === 'expire' && expired !== null),
    accessEpoch: user.accessEpoch + (revokes ? 1 : 0),
    eventSequence: user.eventSequence + [expired, rules.event, tellsAccess].filter(Boolean).length,
  };
}

/** An undo takes back the one suspension that it knows, and no other that somebody has opened since. */
function isOvertaken(command: SuspensionCommand, open: OpenSuspension | null): boolean {
  const only = command.action === 'unblock' ? (command.onlySuspensionId ?? null) : null;
  return only !== null && only !== open?.id;
}

/** Nothing is written for a command that is refused. */
function refusalOf(
  command: SuspensionCommand,
  user: LockedUser,
  open: OpenSuspension | null,
  now: Date,
): DomainError | null {
  if (command.action === 'block' && command.onBehalfOfUserId === user.id) return blocksHerself();
  // Whom an unblock lets back in loses nothing by it; of anybody else it ends the access.
  const takesAccess = command.action === 'block' || (command.action === 'unblock' && !open);
  if (takesAccess && user.protected && !command.mayTouchProtected) return userProtected();
  if (command.action === 'block' && command.until !== null && command.until <= now) return untilPast();
  return preconditionFault(command.ifMatch, userTag(user, statusOf(user, now)));
}

/** The block said whom its end has to be told to. */
function expiryOf(suspension: OpenSuspension, now: Date): PlannedChange['expired'] {
  const { blockedUntil, askedFor } = suspension;
  if (blockedUntil === null || blockedUntil > now) return null;
  const event = { id: newUuid(), type: 'user.unblocked' as const, askedFor };
  return { suspension: { ...suspension, blockedUntil }, event };
}

type Rules = Pick<PlannedChange, 'changed' | 'suspension' | 'opens' | 'ends' | 'alsoAskedFor' | 'event'>;

const nobody: ReadonlySet<ChannelName> = new Set();

function rulesOf(command: SuspensionCommand, open: OpenSuspension | null, now: Date): Rules {
  switch (command.action) {
    case 'block':
      return block(command, open, now);
    case 'unblock':
      return unblock(command, open);
    case 'expire':
      return untouched(open);
  }
}

const untouched = (open: OpenSuspension | null): Rules => ({
  changed: false,
  suspension: open,
  opens: false,
  ends: null,
  alsoAskedFor: nobody,
  event: null,
});

/** A block replaces an open suspension of other content, and leaves one of the same content open. */
function block(command: BlockCommand, open: OpenSuspension | null, now: Date): Rules {
  if (open && saysTheSame(command, open)) return repeat(open, command.askedFor);
  const { userId, reason, reasonForUser, category, onBehalfOfUserId, until, askedFor } = command;
  const opened = {
    id: newUuid(),
    userId,
    reason,
    reasonForUser,
    category,
    onBehalfOfUserId,
    blockedAt: now,
    blockedUntil: until,
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

const saysTheSame = (
  { reason, reasonForUser, category, until }: BlockCommand,
  open: OpenSuspension,
): boolean =>
  open.reason === reason &&
  open.reasonForUser === reasonForUser &&
  open.category === category &&
  open.blockedUntil?.getTime() === (until ?? undefined)?.getTime();

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
