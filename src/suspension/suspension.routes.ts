import { channelsOf } from '../events/asked-for';
import { hasScope } from '../http/caller';
import type { Handlers, OperationResponse } from '../http/handlers';
import { prefersRepresentation, representationApplied } from '../http/prefer';
import { parseTime } from '../http/timestamps';
import type { ChangeSuspension } from './change-suspension';
import type { SuspensionReceipt } from './suspension-command';
import { userOrNobody } from './user-or-nobody';

export function createSuspensionRoutes(
  changeSuspension: ChangeSuspension,
): Pick<Handlers, 'blockUser' | 'unblockUser'> {
  const answer = ({
    tag,
    sessionsRevoked,
    ...receipt
  }: SuspensionReceipt): OperationResponse<'blockUser'> & OperationResponse<'unblockUser'> => {
    const headers = { ETag: tag };
    // Sessions are counted where the caller asked for the receipt, and only then.
    if (sessionsRevoked === null) return { status: 204, headers };
    return {
      status: 200,
      body: { ...receipt, sessionsRevoked },
      headers: { ...headers, ...representationApplied },
    };
  };

  return {
    blockUser: ({ path, body, prefer, ifMatch, caller, kept }) =>
      kept(answer, (keep) =>
        changeSuspension({
          action: 'block',
          userId: path.userId,
          actor: caller,
          askedFor: channelsOf(body ?? {}),
          reason: body?.suspensionReason ?? null,
          reasonForUser: body?.reasonForUser ?? null,
          category: body?.category ?? null,
          until: body?.blockedUntil === undefined ? null : parseTime(body.blockedUntil, '/body/blockedUntil'),
          source: 'api',
          onBehalfOfUserId: userOrNobody(body?.blockedByUserId),
          countSessions: prefersRepresentation(prefer),
          mayTouchProtected: hasScope(caller, 'users:block-protected'),
          ifMatch,
          keep,
        }),
      ),

    unblockUser: ({ path, body, prefer, ifMatch, caller, kept }) =>
      kept(answer, (keep) =>
        changeSuspension({
          action: 'unblock',
          userId: path.userId,
          actor: caller,
          askedFor: channelsOf(body ?? {}),
          onBehalfOfUserId: userOrNobody(body?.unblockedByUserId),
          countSessions: prefersRepresentation(prefer),
          mayTouchProtected: hasScope(caller, 'users:block-protected'),
          ifMatch,
          keep,
        }),
      ),
  };
}
