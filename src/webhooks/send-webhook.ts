import type { Database } from '../database/database';
import type { Send } from '../events/channel';
import { findWebhookEndpoint } from './find-webhook-endpoints';
import { type PostWebhook, unsent } from './post-webhook';

/** Sends a delivery to its endpoint, where that is still there and enabled. */
export function createSendWebhook(database: Database, post: PostWebhook): Send {
  return async ({ target, event }) => {
    const endpoint = await findWebhookEndpoint(database, target);
    if (!endpoint) return { ...unsent('receiver', 'the endpoint was deleted'), kind: 'gone' };
    if (!endpoint.enabled) return { ...unsent('receiver', 'the endpoint is disabled'), kind: 'skipped' };
    return post(endpoint, event);
  };
}
