import type { components } from '../http/contract.generated';
import type { ShowSuspension } from '../users/show-user';
import type { SuspensionView } from './suspension-views';

type SuspensionBody = components['schemas']['Suspension'];
type HistoryBody = components['schemas']['SuspensionHistory'];

/** The open suspension as it stands beside a user. */
export const showSuspension: ShowSuspension<SuspensionView> = (suspension, seesReasons): SuspensionBody => {
  const { id, blockedAt, blockedUntil } = suspension;
  const { category, reason, reasonForUser, source, actor, onBehalfOfUserId } = suspension;
  return {
    id,
    blockedAt: blockedAt.toISOString(),
    blockedUntil: blockedUntil?.toISOString() ?? null,
    ...(seesReasons ? { category, reason, reasonForUser, source, actor, onBehalfOfUserId } : {}),
  };
};

/** A suspension as it stands by itself, with its end. */
export function showInHistory(suspension: SuspensionView, seesReasons: boolean): HistoryBody {
  const { userId, endedAt, endCause, endedBy, endedOnBehalfOfUserId } = suspension;
  return {
    ...showSuspension(suspension, seesReasons),
    userId,
    endedAt: endedAt?.toISOString() ?? null,
    endCause,
    ...(seesReasons ? { endedBy, endedOnBehalfOfUserId } : {}),
  };
}
