import type { ShowSuspension } from '../users/users.routes';
import type { SuspensionView } from './suspension-queries';

/** The open suspension as it stands beside a user. */
export const showSuspension: ShowSuspension<SuspensionView> = (suspension, withReasonAndActor) => {
  const { id, reason, actor, onBehalfOfUserId, blockedAt, blockedUntil } = suspension;
  return {
    id,
    blockedAt: blockedAt.toISOString(),
    blockedUntil: blockedUntil?.toISOString() ?? null,
    ...(withReasonAndActor ? { reason, actor, onBehalfOfUserId } : {}),
  };
};
