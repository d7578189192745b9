import { randomBytes } from 'node:crypto';
import { createEncryption, type Encryption } from '../../../src/database/encryption';
import { newUuid } from '../../../src/database/uuid';
import { newEndpointSecret, secretPlace } from '../../../src/webhooks/endpoint-secret';
import type { WebhookEndpoint } from '../../../src/webhooks/webhook-endpoint.entity';
import { endpointRow } from '../endpoint-fixtures';

export const newEncryption = (): Encryption => createEncryption([{ id: 'k1', key: randomBytes(32) }]);

/** An endpoint as it stands in the database, that signs with `secrets`, the newest first. */
export function signingEndpoint(
  encryption: Encryption,
  secrets: readonly string[] = [newEndpointSecret()],
  more: Partial<WebhookEndpoint> = {},
): WebhookEndpoint {
  const id = more.id ?? newUuid();
  const sealed = (secret: string) => encryption.encrypt(secret, secretPlace(id));
  const [secret = newEndpointSecret(more.signature), previous] = secrets;
  return endpointRow({
    id,
    eventTypes: '["*"]',
    secret: sealed(secret),
    previousSecret: previous === undefined ? null : sealed(previous),
    previousSecretUntil: previous === undefined ? null : new Date(Date.now() + 60_000),
    ...more,
  });
}
