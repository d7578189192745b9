import { toText, toUuid } from '../database/decode';
import { sql } from '../database/sql';
import type { Channel } from '../events/channel';

/** Tells the enabled endpoints that want the event's type. */
export const webhookChannel: Channel = {
  name: 'webhook',
  queue: 'webhooks',
  candidates: sql`SELECT id, event_types FROM webhook_endpoints WHERE enabled = TRUE`,
  targets: ({ type }, candidates) =>
    candidates
      .filter(({ event_types }) => (JSON.parse(toText(event_types)) as string[]).includes(type))
      .map(({ id }) => toUuid(id)),
};
