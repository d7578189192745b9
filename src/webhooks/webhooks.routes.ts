import type { Database } from '../database/database';
import { isUuid } from '../database/uuid';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { CreateWebhookEndpoint, EndpointWithSecret } from './create-webhook-endpoint';
import type { DeleteWebhookEndpoint } from './delete-webhook-endpoint';
import type { DisableWebhookEndpoint } from './disable-webhook-endpoint';
import type { EnableWebhookEndpoint } from './enable-webhook-endpoint';
import { endpointTag } from './endpoint-tag';
import { findWebhookEndpoint, pageWebhookEndpoints } from './find-webhook-endpoints';
import type { RotateWebhookSecret } from './rotate-webhook-secret';
import type { ShowWebhookEndpoint } from './show-webhook-endpoint';
import type { TestWebhookEndpoint } from './test-webhook-endpoint';
import type { UpdateWebhookEndpoint } from './update-webhook-endpoint';
import type { WebhookEndpoint } from './webhook-endpoint.entity';
import { webhookEndpointNotFound } from './webhooks.errors';

type WebhookOperations =
  | 'createWebhookEndpoint'
  | 'listWebhookEndpoints'
  | 'getWebhookEndpoint'
  | 'updateWebhookEndpoint'
  | 'rotateWebhookSecret'
  | 'testWebhookEndpoint'
  | 'deleteWebhookEndpoint'
  | 'disableWebhookEndpoint'
  | 'enableWebhookEndpoint';

/** The use cases behind the operations. */
export interface WebhookUseCases {
  createWebhookEndpoint: CreateWebhookEndpoint;
  updateWebhookEndpoint: UpdateWebhookEndpoint;
  rotateWebhookSecret: RotateWebhookSecret;
  testWebhookEndpoint: TestWebhookEndpoint;
  deleteWebhookEndpoint: DeleteWebhookEndpoint;
  disableWebhookEndpoint: DisableWebhookEndpoint;
  enableWebhookEndpoint: EnableWebhookEndpoint;
}

/** RFC 9562, section 4: capitals are read, small letters are written; deliveries name their target as text. */
export const endpointId = (path: { endpointId: string }): string => path.endpointId.toLowerCase();

export function createWebhooksRoutes(
  database: Database,
  useCases: WebhookUseCases,
  show: ShowWebhookEndpoint,
): Pick<Handlers, WebhookOperations> {
  const showOne = (endpoint: WebhookEndpoint) => ({
    status: 200 as const,
    body: show(endpoint),
    headers: { ETag: endpointTag(endpoint) },
  });
  const hidden = ['secret'];

  return {
    createWebhookEndpoint: ({ body, caller, kept }) =>
      kept(
        ({ endpoint, secret }: EndpointWithSecret) => ({
          status: 201,
          body: { ...show(endpoint), secret },
          headers: { Location: `/api/v1/webhook-endpoints/${endpoint.id}`, ETag: endpointTag(endpoint) },
        }),
        (keep) => useCases.createWebhookEndpoint(body, caller, keep),
        { hidden },
      ),

    async listWebhookEndpoints({ query }) {
      const { limit = DEFAULT_LIMIT, cursor, enabled } = query;
      const position = decodeCursor(cursor, isUuid);
      const rows = await pageWebhookEndpoints(database, { enabled }, limit + 1, position);
      return { status: 200, body: toPage(rows, limit, show, ({ createdAt, id }) => [createdAt, id]) };
    },

    async getWebhookEndpoint({ path }) {
      const endpoint = await findWebhookEndpoint(database, endpointId(path));
      if (!endpoint) throw webhookEndpointNotFound();
      return showOne(endpoint);
    },

    updateWebhookEndpoint: ({ path, body, ifMatch, caller, kept }) =>
      kept(showOne, (keep) =>
        useCases.updateWebhookEndpoint(
          { endpointId: endpointId(path), patch: body, actor: caller, ifMatch },
          keep,
        ),
      ),

    rotateWebhookSecret: ({ path, body, caller, kept }) =>
      kept(
        ({ endpoint, secret }: EndpointWithSecret) => {
          const { status, headers, body: shown } = showOne(endpoint);
          return { status, headers, body: { ...shown, secret } };
        },
        (keep) =>
          useCases.rotateWebhookSecret({ endpointId: endpointId(path), actor: caller, ...body }, keep),
        { hidden },
      ),

    async testWebhookEndpoint({ path }) {
      return { status: 200, body: await useCases.testWebhookEndpoint(endpointId(path)) };
    },

    deleteWebhookEndpoint: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => useCases.deleteWebhookEndpoint(endpointId(path), caller, keep),
      ),

    disableWebhookEndpoint: ({ path, caller, kept }) =>
      kept(showOne, (keep) => useCases.disableWebhookEndpoint(endpointId(path), caller, keep)),

    enableWebhookEndpoint: ({ path, caller, kept }) =>
      kept(showOne, (keep) => useCases.enableWebhookEndpoint(endpointId(path), caller, keep)),
  };
}
