import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import { newUuid } from '../database/uuid';
import type { AccessEventData, EventType } from '../events/catalogue';
import type { EventDraft, PlannedDelivery } from '../events/channel';
import type { Candidates, NewEvent, Outbox } from '../events/outbox';
import type { LockedUser } from '../users/user-lock';

/** An end of access, as streams and logout clients hear of it. */
export interface ToldEnd extends Pick<AccessEventData, 'cause' | 'actor' | 'epoch' | 'sequence'> {
  user: AffectedUser;
  /** Where one session ended; null where all of the user's did. */
  session: AccessEventData['session'];
  /** The block that ended it. */
  suspension: { id: string; reason: string | null; reasonForUser: string | null } | null;
  /** The event of the same change, if there is one. */
  causedBy: string | null;
  endedAt: Date;
}

interface AffectedUser {
  id: number;
  uid: string;
  email: string | null;
}

/** Who may have to hear of ends of access: to be read in their transaction. */
export function accessReads(outbox: Outbox, userIds: readonly number[]) {
  const reads = outbox.candidateReads(new Set(), userIds);
  return {
    statements: reads.map(({ statement }) => statement),
    /** @param rows what the statements answered, in their order */
    candidates: (rows: readonly (readonly Row[])[]): Candidates =>
      new Map(reads.map(({ channel }, index) => [channel, rows[index] ?? []])),
  };
}

/** An end of access that is all that happens to a locked user. */
export type LoneEnd = Pick<ToldEnd, 'cause' | 'actor' | 'epoch' | 'session' | 'endedAt'> & {
  user: LockedUser;
};

/**
 * Writes the events of ends of access for those who have to hear of them.
 * @returns their deliveries, to be handed over after the commit
 */
export function tellEnds(
  tx: Transaction,
  outbox: Outbox,
  candidates: Candidates,
  ends: readonly LoneEnd[],
): readonly PlannedDelivery[] {
  const told = ends.filter(({ user, session }) => isEndTold(outbox, candidates, user, session));
  if (told.length === 0) return [];
  const events = told.map(({ user, ...end }) =>
    accessEvent({ user, ...end, sequence: user.eventSequence + 1, suspension: null, causedBy: null }),
  );
  const { writes, deliveries } = outbox.plan(events, candidates);
  tx.write([countEvents(told.map(({ user }) => user.id)), ...writes]);
  return deliveries;
}

/** Users whose rows are locked have one event more. */
export const countEvents = (userIds: readonly number[]): Statement =>
  sql`UPDATE users SET event_sequence = event_sequence + 1 WHERE id IN (${commaSeparated(userIds)})`;

/** Whether anybody has to hear of it: else no event is written, and the user's sequence does not grow by it. */
export const isEndTold = (
  outbox: Pick<Outbox, 'isTold'>,
  candidates: Candidates,
  user: AffectedUser,
  session: AccessEventData['session'] = null,
): boolean => outbox.isTold(draftOf(user, session), candidates);

/** The event of an end of access. Nobody asks for it: those alone are told who enforce it (I4). */
export function accessEvent({ user, session, suspension, endedAt, ...end }: ToldEnd): NewEvent {
  const draft = draftOf(user, session);
  return {
    ...draft,
    occurredAt: endedAt,
    envelope: {
      type: draft.type,
      timestamp: endedAt.toISOString(),
      data: {
        userId: user.id,
        uid: user.uid,
        ...end,
        session,
        suspensionId: suspension?.id ?? null,
        reason: suspension?.reason ?? null,
        reasonForUser: suspension?.reasonForUser ?? null,
      },
    },
  };
}

const draftOf = ({ id, uid, email }: AffectedUser, session: AccessEventData['session']): EventDraft => {
  const type: EventType = session ? 'session.revoked' : 'sessions.revoked';
  return {
    id: newUuid(),
    type,
    user: { id, uid, email },
    ...(session ? { session } : {}),
    askedFor: new Set(),
  };
};
