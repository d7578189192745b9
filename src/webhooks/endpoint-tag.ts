import { strongTag } from '../http/etag';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

/**
 * An endpoint's ETag: what somebody has set, and whether it is enabled. How its attempts go is left out, or nobody could
 * change an endpoint that fails without losing a race against its next attempt.
 */
export const endpointTag = ({ id, version }: WebhookEndpoint): string =>
  strongTag('webhook_endpoint', id, version);
