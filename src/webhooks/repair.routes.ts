import { isUuid } from '../database/uuid';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../events/catalogue';
import { DomainError } from '../errors';
import type { Handlers, OperationRequest } from '../http/handlers';
import { decodeCursor, encodeCursor } from '../http/pagination';
import { parseOptionalTime, parseTime } from '../http/timestamps';
import type { Repaired, RepairEndpoint } from './repair-endpoint';
import { endpointId } from './webhooks.routes';

const answer = ({ count, next }: Repaired) => ({
  status: 202 as const,
  body: { count, next: next && encodeCursor([next.createdAt, next.key]) },
});

export function createRepairRoutes(
  repairEndpoint: RepairEndpoint,
): Pick<Handlers, 'recoverWebhookEndpoint' | 'replayWebhookEndpoint'> {
  return {
    recoverWebhookEndpoint({ path, query, caller, kept }) {
      const repair = {
        action: 'recover' as const,
        endpointId: endpointId(path),
        from: parseTime(query.since, '/query/since'),
        after: decodeCursor(query.cursor, isUuid),
      };
      return kept(answer, (keep) => repairEndpoint(repair, caller, keep));
    },

    replayWebhookEndpoint({ path, query, caller, kept }: OperationRequest<'replayWebhookEndpoint'>) {
      const repair = {
        action: 'replay' as const,
        endpointId: endpointId(path),
        from: parseTime(query.from, '/query/from'),
        to: parseOptionalTime(query.to, '/query/to'),
        eventTypes: query.types === undefined ? undefined : parseTypes(query.types),
        after: decodeCursor(query.cursor, isUuid),
      };
      return kept(answer, (keep) => repairEndpoint(repair, caller, keep));
    },
  };
}

/** @throws `request.invalid` */
function parseTypes(list: string): WebhookEventType[] {
  const names = [...new Set(list.split(','))];
  const unknown = names.filter((name) => !(WEBHOOK_EVENT_TYPES as readonly string[]).includes(name));
  if (unknown.length === 0) return names as WebhookEventType[];
  const pointer = '/query/types';
  const detail = `names what is no type of event: ${unknown.join(', ')}`;
  throw new DomainError('request.invalid', `${pointer} ${detail}.`, { fields: [{ pointer, detail }] });
}
