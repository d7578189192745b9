import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import { sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import type { EndpointWithSecret } from './create-webhook-endpoint';
import { secretPlace, toEndpointSecret } from './endpoint-secret';
import { lockWebhookEndpoint } from './lock-webhook-endpoint';
import type { WebhookEndpoint } from './webhook-endpoint.entity';
import { secretInvalid } from './webhooks.errors';

export interface RotateSecretCommand {
  endpointId: string;
  actor: Actor;
  /** Generated where absent. */
  secret?: string;
  /** Seconds for which the secret of before signs as well; a day where absent. */
  overlap?: number;
}

export type RotateWebhookSecret = (
  command: RotateSecretCommand,
  keep?: Keep<EndpointWithSecret>,
) => Promise<EndpointWithSecret>;

const DAY_SECONDS = 86_400;

/**
 * Gives an endpoint a new secret, answered this once. The one before signs beside it for a time; what was before that
 * signs no more.
 * @throws `webhook_endpoint.not_found`, `request.invalid` where the secret is none, or the present one
 */
export function createRotateWebhookSecret(database: Database, encryption: Encryption): RotateWebhookSecret {
  return ({ endpointId, actor, secret: given, overlap = DAY_SECONDS }, keep) =>
    database.transaction(async (tx) => {
      const { endpoint, now } = await lockWebhookEndpoint(tx, endpointId);
      const place = secretPlace(endpointId);
      const secret = toEndpointSecret(endpoint.signature, given);
      // Whoever rotates because a secret got out must not believe that it is done.
      if (secret === encryption.decrypt(endpoint.secret, place)) throw secretInvalid('must be another');
      const rotated: WebhookEndpoint = {
        ...endpoint,
        secret: encryption.encrypt(secret, place),
        previousSecret: overlap === 0 ? null : endpoint.secret,
        previousSecretUntil: overlap === 0 ? null : new Date(now.getTime() + overlap * 1000),
        version: endpoint.version + 1,
        updatedAt: now,
      };
      tx.write(updateSecrets(rotated));
      tx.write(
        appendAudit([
          {
            actor,
            action: 'webhook_endpoint.rotate_secret',
            target: `webhook_endpoint:${endpointId}`,
            changedFields: ['secret', 'previousSecretUntil'],
            after: { previousSecretUntil: rotated.previousSecretUntil },
            occurredAt: now,
          },
        ]),
      );
      return { endpoint: rotated, secret };
    }, keep);
}

const updateSecrets = (rotated: WebhookEndpoint): Statement =>
  sql`UPDATE webhook_endpoints SET secret = ${rotated.secret}, previous_secret = ${rotated.previousSecret},
    previous_secret_until = ${rotated.previousSecretUntil}, version = ${rotated.version},
    updated_at = ${rotated.updatedAt} WHERE id = ${new Uuid(rotated.id)}`;
