import { orNull, toBoolean, toInteger, toText, toTime, toUuid } from '../database/decode';
import type { Row } from '../database/engines/engine';
import { commaSeparated, sql } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { WebhookEventType } from '../events/catalogue';
import type { Sender } from '../events/channel';
import { unsent } from '../outbound/post';
import type { PostWebhook } from './post-webhook';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export interface WebhookSenderOptions {
  post: PostWebhook;
  /** Of one attempt, where the endpoint sets no other. */
  timeoutMs: number;
  /** Keeps what attempts say about their endpoints. */
  record?: Sender<WebhookEndpoint>['record'];
}

/** Sends a delivery to its endpoint, where that is still there and enabled. */
export const createWebhookSender = ({
  post,
  timeoutMs,
  record,
}: WebhookSenderOptions): Sender<WebhookEndpoint> => ({
  selectReceivers: (targets) =>
    sql`SELECT * FROM webhook_endpoints WHERE id IN (${commaSeparated(targets.map((id) => new Uuid(id)))})`,
  readReceivers: (rows) => new Map(rows.map((row) => [toUuid(row.id), toWebhookEndpoint(row)])),
  paceOf: (endpoint) => ({ perSecond: endpoint?.rate ?? null, notBefore: endpoint?.slowedUntil ?? null }),
  limitMsOf: (endpoint) => endpoint?.timeoutMs ?? timeoutMs,
  async send({ event }, endpoint) {
    if (!endpoint) return { ...unsent('receiver', 'the endpoint was deleted'), kind: 'gone' };
    if (!endpoint.enabled) return { ...unsent('receiver', 'the endpoint is disabled'), kind: 'skipped' };
    // The outbox makes no others for this channel.
    return post(endpoint, { ...event, type: event.type as WebhookEventType });
  },
  record,
});

/** Without TypeORM: it is read for each attempt. */
const toWebhookEndpoint = (row: Row): WebhookEndpoint => ({
  id: toUuid(row.id),
  url: toText(row.url),
  eventTypes: toText(row.event_types),
  description: orNull(toText, row.description),
  secret: toText(row.secret),
  previousSecret: orNull(toText, row.previous_secret),
  previousSecretUntil: orNull(toTime, row.previous_secret_until),
  signature: toText(row.signature) as WebhookEndpoint['signature'],
  payload: toText(row.payload) as WebhookEndpoint['payload'],
  headers: orNull(toText, row.headers),
  contact: orNull(toText, row.contact),
  rate: orNull(toInteger, row.rate),
  timeoutMs: orNull(toInteger, row.timeout_ms),
  enabled: toBoolean(row.enabled),
  disabledAt: orNull(toTime, row.disabled_at),
  disabledCause: orNull(toText, row.disabled_cause) as WebhookEndpoint['disabledCause'],
  failingSince: orNull(toTime, row.failing_since),
  slowedUntil: orNull(toTime, row.slowed_until),
  version: toInteger(row.version),
  createdAt: toTime(row.created_at),
  updatedAt: orNull(toTime, row.updated_at),
});
