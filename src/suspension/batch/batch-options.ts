import type { Actor } from '../../audit/audit';
import { DomainError } from '../../errors';
import { channelsOf } from '../../events/asked-for';
import type { ChannelName } from '../../events/channel';
import { type Caller, hasScope, requireScope } from '../../http/caller';
import type { components } from '../../http/contract.generated';
import { parseTime } from '../../http/timestamps';
import { userOrNobody } from '../user-or-nobody';
import type { SuspensionJob } from './suspension-job.entity';
import type {
  BlockCommand,
  SuspensionCategory,
  SuspensionSource,
  UnblockCommand,
} from '../suspension-command';

/** What is done to each user of a batch or job; a job keeps it as JSON. */
export interface BatchOptions {
  action: 'block' | 'unblock';
  askedFor: readonly ChannelName[];
  onBehalfOfUserId: number | null;
  mayTouchProtected: boolean;
  reason: string | null;
  reasonForUser: string | null;
  category: SuspensionCategory | null;
  /** RFC 3339. */
  until: string | null;
}

/** As the contract has them, in a body or a query. */
type Input = Pick<Body, 'action'> & Partial<Omit<Body, 'userIds' | 'dryRun'>>;
type Body = components['schemas']['BatchSuspensions'];

const OF_BLOCK = [
  'suspensionReason',
  'reasonForUser',
  'category',
  'blockedUntil',
  'blockedByUserId',
] as const;
const OF_UNBLOCK = ['unblockedByUserId'] as const;

/**
 * @param place of the input, for the refusal
 * @throws `auth.insufficient_scope` for want of the action's own scope; `request.invalid`
 */
export function toBatchOptions(input: Input, caller: Caller, place: '/body' | '/query'): BatchOptions {
  const { action } = input;
  requireScope(caller, `users:${action}`);
  const strange = (action === 'block' ? OF_UNBLOCK : OF_BLOCK).filter((name) => input[name] !== undefined);
  if (strange.length > 0) throw notOfTheAction(strange.map((name) => `${place}/${name}`));
  const { blockedUntil } = input;
  return {
    action,
    askedFor: [...channelsOf(input)],
    onBehalfOfUserId: userOrNobody(action === 'block' ? input.blockedByUserId : input.unblockedByUserId),
    mayTouchProtected: hasScope(caller, 'users:block-protected'),
    reason: input.suspensionReason ?? null,
    reasonForUser: input.reasonForUser ?? null,
    category: input.category ?? null,
    until: blockedUntil === undefined ? null : parseTime(blockedUntil, `${place}/blockedUntil`).toISOString(),
  };
}

const notOfTheAction = (pointers: readonly string[]) => {
  const detail = 'is no option of this action';
  return new DomainError('request.invalid', `${pointers.join(', ')} ${detail}.`, {
    fields: pointers.map((pointer) => ({ pointer, detail })),
  });
};

/**
 * What a job keeps of the call that made it.
 * @throws an error without the parser's words: they quote what stands there, a reason perhaps, and are logged
 */
export function optionsOf({ options }: SuspensionJob): BatchOptions {
  try {
    // A job that a version before this one has made knows no reason for the user.
    return { reasonForUser: null, ...(JSON.parse(options) as Omit<BatchOptions, 'reasonForUser'>) };
  } catch {
    throw new Error('the options of a suspension job are not JSON');
  }
}

export const actorOf = ({ actor, clientId, requestId }: SuspensionJob): Actor => ({
  subject: actor,
  clientId,
  requestId,
});

/** @param onlySuspensionId of an undo: the user is left alone where another suspension is open, or none */
export function commandFor(
  options: BatchOptions,
  userId: number,
  actor: Actor,
  source: SuspensionSource,
  onlySuspensionId: string | null = null,
): BlockCommand | UnblockCommand {
  const { action, onBehalfOfUserId, mayTouchProtected, reason, reasonForUser, category } = options;
  const until = options.until === null ? null : new Date(options.until);
  const askedFor = new Set(options.askedFor);
  const common = { userId, actor, askedFor, onBehalfOfUserId, mayTouchProtected, countSessions: false };
  return action === 'block'
    ? { ...common, action, reason, reasonForUser, category, until, source }
    : { ...common, action, onlySuspensionId };
}
