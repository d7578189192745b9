import { signGuardhouse } from './sign-guardhouse';
import { signV1 } from './sign-v1';
import { signV1a } from './sign-v1a';
import type { Sign } from './signature';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

export const signWebhook: Readonly<Record<WebhookEndpoint['signature'], Sign>> = {
  v1: signV1,
  v1a: signV1a,
  guardhouse: signGuardhouse,
};

/** What of those headers is not shown to whoever looks at an attempt. */
export const SIGNATURE_HEADERS: readonly string[] = ['webhook-signature', 'x-hub-signature'];
