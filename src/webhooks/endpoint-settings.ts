import type { Encryption } from '../database/encryption';
import { type EndpointHeader, namesOf, openHeaders, sealHeaders } from './endpoint-headers';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

/** What somebody says about an endpoint, and may say anew. */
export interface EndpointSettings {
  url: string;
  /** Event types and patterns (`user.*`). */
  eventTypes: string[];
  description: string | null;
  headers: EndpointHeader[];
  contact: string | null;
  /** Webhooks a second at most; null is without limit. */
  rate: number | null;
  /** Seconds for one attempt; null for the process's own limit. */
  timeout: number | null;
  payload: WebhookEndpoint['payload'];
}

export const settingsOf = (encryption: Encryption, endpoint: WebhookEndpoint): EndpointSettings => ({
  url: endpoint.url,
  eventTypes: JSON.parse(endpoint.eventTypes) as string[],
  description: endpoint.description,
  headers: openHeaders(encryption, endpoint),
  contact: endpoint.contact,
  rate: endpoint.rate,
  timeout: endpoint.timeoutMs === null ? null : endpoint.timeoutMs / 1000,
  payload: endpoint.payload,
});

/** The settings as the columns of their row. */
export const toColumns = (
  encryption: Encryption,
  endpointId: string,
  { url, eventTypes, description, headers, contact, rate, timeout, payload }: EndpointSettings,
) => ({
  url,
  eventTypes: JSON.stringify(eventTypes),
  description,
  headers: sealHeaders(encryption, endpointId, headers),
  contact,
  rate,
  timeoutMs: timeout === null ? null : timeout * 1000,
  payload,
});

/** The settings as they may be recorded. */
export const withoutValues = ({ headers, ...settings }: Partial<EndpointSettings>) => ({
  ...settings,
  ...(headers ? { headers: namesOf(headers) } : {}),
});
