import { EVENT_NUMBERS, type PingType, type WebhookEventType } from '../events/catalogue';
import { unixSeconds } from './signature';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

/** What is told. */
export interface WebhookMessage {
  /** The event's: it stays over all attempts. */
  id: string;
  type: WebhookEventType | PingType;
  /** The event's envelope as JSON. Of an event whose user was erased nothing is left but that. */
  payload: string;
}

/** An envelope as it stands in the database: of any version, or erased. */
interface StoredEnvelope {
  timestamp?: string;
  data?: Readonly<Record<string, unknown>>;
  erased?: boolean;
}

/** The members of an event's data that name nothing but what it is about, and its place among the others. */
const IDS = [
  'userId',
  'uid',
  'sequence',
  'epoch',
  'suspensionId',
  'endpointId',
  'blockedUserId',
  'blockedUid',
];

/** The body of a webhook, as the endpoint wants it. */
export function renderPayload(
  { signature, payload: extent }: Pick<WebhookEndpoint, 'signature' | 'payload'>,
  { type, payload }: WebhookMessage,
  sentAt: Date,
): string {
  if (signature !== 'guardhouse' && extent === 'full') return payload;
  const stored = JSON.parse(payload) as StoredEnvelope;
  const envelope = extent === 'thin' ? toThin(stored) : stored;
  return JSON.stringify(signature === 'guardhouse' ? toGuardhouse(envelope, type, sentAt) : envelope);
}

function toThin({ data, ...envelope }: StoredEnvelope): StoredEnvelope {
  if (data === undefined) return envelope;
  return {
    ...envelope,
    data: Object.fromEntries(Object.entries(data).filter(([name]) => IDS.includes(name))),
  };
}

/** Its `Timestamp` is the attempt's, as in the signature; when it happened stands in the data. */
const toGuardhouse = (
  { timestamp: occurredAt, data, erased }: StoredEnvelope,
  type: WebhookMessage['type'],
  sentAt: Date,
) => ({
  EventType: EVENT_NUMBERS[type],
  Data: Object.fromEntries(
    Object.entries({ ...data, occurredAt, erased }).map(([name, value]) => [capitalised(name), value]),
  ),
  Timestamp: unixSeconds(sentAt),
});

/** Its receivers read names as C# writes them. */
const capitalised = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
