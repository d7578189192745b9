import { toBoolean, toText, toUuid } from '../database/decode';
import { sql } from '../database/sql';
import type { Channel } from '../events/channel';
import { wantsEvent } from './wants-event';

/** Tells the endpoints that want the event's type; for a disabled one the delivery waits to be recovered. */
export const webhookChannel: Channel = {
  name: 'webhook',
  queue: 'webhooks',
  always: false,
  candidates: () => sql`SELECT id, event_types, enabled FROM webhook_endpoints`,
  targets: ({ type }, candidates) =>
    candidates
      .filter(({ event_types }) => wantsEvent(JSON.parse(toText(event_types)) as string[], type))
      .map(({ id, enabled }) => ({ target: toUuid(id), state: toBoolean(enabled) ? 'pending' : 'skipped' })),
};
