import type { Encryption } from '../database/encryption';
import type { AttemptOutcome } from '../events/channel';
import { openHeaders } from './endpoint-headers';
import { signingSecrets } from './endpoint-secret';
import type { GuardedAgents } from '../outbound/guarded-agent';
import { post } from '../outbound/post';
import { renderPayload, type WebhookMessage } from './render-payload';
import { SIGNATURE_HEADERS, signWebhook } from './sign-webhook';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export interface PostWebhookOptions {
  encryption: Encryption;
  agents: GuardedAgents;
  /** For all of it: resolving, connecting, sending, answering. */
  timeoutMs: number;
}

/** One request to an endpoint. A receiver's refusal is an outcome, not an error. */
export type PostWebhook = (endpoint: WebhookEndpoint, message: WebhookMessage) => Promise<AttemptOutcome>;

export function createPostWebhook({ encryption, agents, timeoutMs }: PostWebhookOptions): PostWebhook {
  return async (endpoint, message) => {
    const { body, headers, shownHeaders } = toRequest(encryption, endpoint, message);
    const outcome = await post(agents, {
      url: endpoint.url,
      headers,
      body,
      timeoutMs: endpoint.timeoutMs ?? timeoutMs,
    });
    return { ...outcome, requestHeaders: shownHeaders };
  };
}

const commonHeaders = { 'content-type': 'application/json', 'user-agent': 'Portcullis' };
const HIDDEN = '[hidden]';

/** The body is signed as it is sent, to the byte. The endpoint's own headers never replace ours. */
function toRequest(encryption: Encryption, endpoint: WebhookEndpoint, message: WebhookMessage) {
  const sentAt = new Date();
  const body = renderPayload(endpoint, message, sentAt);
  const secrets = signingSecrets(encryption, endpoint, sentAt);
  const signed = signWebhook[endpoint.signature]({ id: message.id, sentAt, body }, secrets);
  const own = openHeaders(encryption, endpoint);
  const headers: Record<string, string> = {
    ...Object.fromEntries(own.map(({ name, value }) => [name, value])),
    ...commonHeaders,
    ...signed,
  };
  const isHidden = (name: string) =>
    SIGNATURE_HEADERS.includes(name) || own.some((header) => header.name === name);
  const shownHeaders = Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, isHidden(name) ? HIDDEN : value]),
  );
  return { body, headers, shownHeaders };
}
