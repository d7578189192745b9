import type { EventType } from '../events/catalogue';

/** What an e-mail may be about: the words of each stand in a template of its name. */
export const EMAIL_KINDS = [
  'blocked',
  'blocked-until',
  'unblocked',
  'expired',
  'deactivated',
  'reactivated',
  'deleted',
  'endpoint-disabled',
] as const;

export type EmailKind = (typeof EMAIL_KINDS)[number];

/** Which words tell of an event. */
export function kindOf(
  type: EventType,
  data: { blockedUntil?: string | null; cause?: string | null },
): EmailKind {
  switch (type) {
    case 'user.blocked':
      return data.blockedUntil ? 'blocked-until' : 'blocked';
    case 'user.unblocked':
      return data.cause === 'expired' ? 'expired' : 'unblocked';
    case 'user.deactivated':
      return 'deactivated';
    case 'user.reactivated':
      return 'reactivated';
    case 'user.deleted':
      return 'deleted';
    case 'endpoint.disabled':
      return 'endpoint-disabled';
    case 'block_list.added':
    case 'block_list.removed':
    case 'sessions.revoked':
    case 'session.revoked':
    case 'stream.verification':
    case 'stream.updated':
      throw new Error(`nobody is mailed about ${type}`);
  }
}
