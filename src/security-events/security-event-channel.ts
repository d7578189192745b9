import { orNull, toInteger, toText, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql, type Statement } from '../database/sql';
import type { Channel, EventDraft, Target } from '../events/channel';
import { REOPENING, wantsSecurityEvent } from './security-event-types';

/**
 * Tells every stream that is not disabled of what it has asked for and happens to users, but for those whom it has
 * excluded. A stream that polls fetches what it is owed; one that has paused gets it later (SSF 1.0, section 8.1.2.1).
 */
export const securityEventChannel: Channel = {
  name: 'security_event',
  queue: 'security-events',
  always: true,
  candidates: (userIds) => (userIds.length === 0 ? null : selectStreams(userIds)),
  targets: (event, candidates) => (event.stream ? [event.stream] : streamsFor(event, candidates)),
};

const selectStreams = (userIds: readonly number[]): Statement =>
  sql`SELECT s.id, s.method, s.status, s.events_requested, x.user_id AS excluded FROM security_event_streams s
    LEFT JOIN security_event_exclusions x ON x.stream_id = s.id AND x.user_id IN (${commaSeparated(userIds)})
    WHERE s.status <> 'disabled'`;

function streamsFor({ type, user, staysShut }: EventDraft, candidates: readonly Row[]): Target[] {
  // Suspension and deactivation are one thing to RISC: the account is enabled when neither is left.
  if (staysShut === true && REOPENING.has(type)) return [];
  const excluding = new Set(
    candidates.filter(({ excluded }) => orNull(toInteger, excluded) === user?.id).map(({ id }) => toUuid(id)),
  );
  const states = new Map(
    candidates
      .filter((row) => wantsSecurityEvent(requestedOf(row), type))
      .map((row) => [toUuid(row.id), stateOf(row)]),
  );
  return [...states].filter(([id]) => !excluding.has(id)).map(([target, state]) => ({ target, state }));
}

const requestedOf = ({ events_requested: requested }: Row): string[] | null => {
  const json = orNull(toText, requested);
  return json === null ? null : (JSON.parse(json) as string[]);
};

const stateOf = ({ method, status }: Row): Target['state'] =>
  owedState({ method: toText(method), status: toText(status) });

/** What becomes of a new delivery to a stream that is not disabled. */
export const owedState = ({ method, status }: { method: string; status: string }): 'pending' | 'held' =>
  method === 'push' && status === 'enabled' ? 'pending' : 'held';
