import type { Database } from '../database/database';
import { isUuid } from '../database/uuid';
import type { EventType } from '../events/catalogue';
import type { components } from '../http/contract.generated';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { CreatedWebhookEndpoint, CreateWebhookEndpoint } from './create-webhook-endpoint';
import type { DeleteWebhookEndpoint } from './delete-webhook-endpoint';
import type { DisableWebhookEndpoint } from './disable-webhook-endpoint';
import type { EnableWebhookEndpoint } from './enable-webhook-endpoint';
import { findWebhookEndpoint, pageWebhookEndpoints } from './find-webhook-endpoints';
import type { WebhookEndpoint } from './webhook-endpoint.entity';
import { webhookEndpointNotFound } from './webhooks.errors';

type WebhookOperations =
  | 'createWebhookEndpoint'
  | 'listWebhookEndpoints'
  | 'getWebhookEndpoint'
  | 'deleteWebhookEndpoint'
  | 'disableWebhookEndpoint'
  | 'enableWebhookEndpoint';

/** The use cases behind the operations. */
export interface WebhookUseCases {
  createWebhookEndpoint: CreateWebhookEndpoint;
  deleteWebhookEndpoint: DeleteWebhookEndpoint;
  disableWebhookEndpoint: DisableWebhookEndpoint;
  enableWebhookEndpoint: EnableWebhookEndpoint;
}

const show = (endpoint: WebhookEndpoint): components['schemas']['WebhookEndpoint'] => ({
  id: endpoint.id,
  url: endpoint.url,
  eventTypes: JSON.parse(endpoint.eventTypes) as EventType[],
  description: endpoint.description,
  enabled: endpoint.enabled,
  disabledAt: endpoint.disabledAt?.toISOString() ?? null,
  disabledCause: endpoint.disabledCause,
  failingSince: endpoint.failingSince?.toISOString() ?? null,
  slowedUntil: endpoint.slowedUntil?.toISOString() ?? null,
  createdAt: endpoint.createdAt.toISOString(),
});

const answer = (endpoint: WebhookEndpoint) => ({ status: 200 as const, body: show(endpoint) });

/** RFC 9562, section 4: capitals are read, small letters are written; deliveries name their target as text. */
export const endpointId = (path: { endpointId: string }): string => path.endpointId.toLowerCase();

export function createWebhooksRoutes(
  database: Database,
  useCases: WebhookUseCases,
): Pick<Handlers, WebhookOperations> {
  return {
    createWebhookEndpoint: ({ body, caller, kept }) =>
      kept(
        ({ endpoint, secret }: CreatedWebhookEndpoint) => ({
          status: 201,
          body: { ...show(endpoint), secret },
          headers: { Location: `/api/v1/webhook-endpoints/${endpoint.id}` },
        }),
        (keep) => useCases.createWebhookEndpoint(body, caller, keep),
        { hidden: ['secret'] },
      ),

    async listWebhookEndpoints({ query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const rows = await pageWebhookEndpoints(database, limit + 1, decodeCursor(cursor, isUuid));
      return { status: 200, body: toPage(rows, limit, show, ({ createdAt, id }) => [createdAt, id]) };
    },

    async getWebhookEndpoint({ path }) {
      const endpoint = await findWebhookEndpoint(database, endpointId(path));
      if (!endpoint) throw webhookEndpointNotFound();
      return { status: 200, body: show(endpoint) };
    },

    deleteWebhookEndpoint: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => useCases.deleteWebhookEndpoint(endpointId(path), caller, keep),
      ),

    disableWebhookEndpoint: ({ path, caller, kept }) =>
      kept(answer, (keep) => useCases.disableWebhookEndpoint(endpointId(path), caller, keep)),

    enableWebhookEndpoint: ({ path, caller, kept }) =>
      kept(answer, (keep) => useCases.enableWebhookEndpoint(endpointId(path), caller, keep)),
  };
}
