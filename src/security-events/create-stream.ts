import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import { toTime } from '../database/decode';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import { databaseNow } from '../database/sql';
import { DuplicateKeyError } from '../database/unit-of-work';
import { newUuid } from '../database/uuid';
import type { AddressPolicy } from '../outbound/address-policy';
import { isReceiver } from './is-receiver';
import { notAReceiver, streamExists } from './security-events.errors';
import { SecurityEventStream } from './security-event-stream.entity';
import { recordedSettings } from './stream-audit';
import { checkDelivery, type GivenSettings, newSettings } from './stream-settings';

export type CreateStream = (
  given: GivenSettings,
  actor: Actor & { clientId: string },
  keep?: Keep<SecurityEventStream>,
) => Promise<SecurityEventStream>;

export interface CreateStreamOptions {
  database: Database;
  encryption: Encryption;
  policy: AddressPolicy;
  /** The clients that may have a stream; `*` is all. */
  receivers: readonly string[];
}

/**
 * Makes the stream of a client, enabled and about all users (SSF 1.0, section 8.1.1.1).
 * @throws `stream.receiver_refused`, `stream.exists`, `stream.address_refused`, `stream.resolver_unavailable`,
 *   `request.invalid`
 */
export function createCreateStream({
  database,
  encryption,
  policy,
  receivers,
}: CreateStreamOptions): CreateStream {
  return async (given, actor, keep) => {
    if (!isReceiver(receivers, actor.clientId)) throw notAReceiver();
    const id = newUuid();
    const settings = newSettings(encryption, id, given, null);
    await checkDelivery(given.delivery, policy);
    return database
      .transaction(async (tx) => {
        const [[time]] = await tx.read(databaseNow);
        const now = toTime(time?.now);
        const stream: SecurityEventStream = {
          id,
          clientId: actor.clientId,
          ...settings,
          status: 'enabled',
          statusReason: null,
          statusChangedAt: null,
          failingSince: null,
          slowedUntil: null,
          verifiedAt: null,
          polledAt: now,
          version: 1,
          createdAt: now,
          updatedAt: null,
        };
        await (await tx.entities()).insert(SecurityEventStream, { ...stream });
        const after = { clientId: actor.clientId, ...recordedSettings(settings) };
        tx.write(
          appendAudit([
            {
              actor,
              action: 'security_event_stream.create',
              target: `security_event_stream:${id}`,
              changedFields: Object.keys(after),
              after,
              occurredAt: now,
            },
          ]),
        );
        return stream;
      }, keep)
      .catch((error: unknown) => {
        throw error instanceof DuplicateKeyError && error.key === 'security_event_streams_client'
          ? streamExists()
          : error;
      });
  };
}
