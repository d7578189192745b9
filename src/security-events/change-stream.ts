import { type Actor, appendAudit } from '../audit/audit';
import type { Database } from '../database/database';
import type { Encryption } from '../database/encryption';
import type { Keep } from '../database/keep';
import type { AddressPolicy } from '../outbound/address-policy';
import type { SecurityEventStream } from './security-event-stream.entity';
import { recordedSettings } from './stream-audit';
import type { ShowStream } from './stream-configuration';
import { lockOwnStream, type NamedStream, saveStream } from './stream-queries';
import {
  assertSuppliedByUs,
  checkDelivery,
  type GivenConfiguration,
  mergedSettings,
  newSettings,
  type StreamSettings,
} from './stream-settings';

export interface ChangeStreamCommand extends NamedStream {
  given: GivenConfiguration;
  /** `merge`: what is not said stays; `replace`: it is gone. */
  mode: 'merge' | 'replace';
  actor: Actor;
}

export type ChangeStream = (
  command: ChangeStreamCommand,
  keep?: Keep<SecurityEventStream>,
) => Promise<SecurityEventStream>;

const FIELDS = ['method', 'endpointUrl', 'authorizationHeader', 'eventsRequested', 'description'] as const;

/**
 * Changes what a receiver says about its stream (SSF 1.0, sections 8.1.1.3 and 8.1.1.4). Where nothing is different
 * nothing is written. What is owed is moved by the worker, where the method is another.
 * @throws `stream.not_found`, `stream.address_refused`, `stream.resolver_unavailable`, `request.invalid`
 */
export function createChangeStream(
  database: Database,
  encryption: Encryption,
  policy: AddressPolicy,
  show: ShowStream,
): ChangeStream {
  return async ({ given, mode, actor, ...named }, keep) => {
    await checkDelivery(given.delivery, policy);
    return database.transaction(async (tx) => {
      const { stream, now } = await lockOwnStream(tx, named);
      assertSuppliedByUs(given, show(stream));
      const pollUrl = pollUrlOf(show, stream);
      const wanted =
        mode === 'merge'
          ? mergedSettings(encryption, stream, given, pollUrl)
          : newSettings(encryption, stream.id, given, pollUrl);
      const changedFields = FIELDS.filter((field) => wanted[field] !== stream[field]);
      if (changedFields.length === 0) return stream;
      const changed: SecurityEventStream = {
        ...stream,
        ...wanted,
        ...afterMove(stream, wanted, now),
        polledAt: now,
        version: stream.version + 1,
        updatedAt: now,
      };
      tx.write(saveStream(changed));
      tx.write(
        appendAudit([
          {
            actor,
            action: mode === 'merge' ? 'security_event_stream.update' : 'security_event_stream.replace',
            target: `security_event_stream:${stream.id}`,
            changedFields,
            before: pick(recordedSettings(stream), changedFields),
            after: pick(recordedSettings(wanted), changedFields),
            occurredAt: now,
          },
        ]),
      );
      return changed;
    }, keep);
  };
}

/** Where it is polled, or would be. */
const pollUrlOf = (show: ShowStream, stream: SecurityEventStream): string =>
  show({ ...stream, method: 'poll', endpointUrl: null }).delivery.endpoint_url;

/** What went on at another address says nothing about this one; another method is owed otherwise. */
const afterMove = (
  present: SecurityEventStream,
  wanted: StreamSettings,
  now: Date,
): Partial<SecurityEventStream> => ({
  ...(wanted.endpointUrl === present.endpointUrl ? {} : { failingSince: null, slowedUntil: null }),
  ...(wanted.method === present.method ? {} : { statusChangedAt: now }),
});

const pick = (settings: Readonly<Record<string, unknown>>, fields: readonly string[]) =>
  Object.fromEntries(Object.entries(settings).filter(([field]) => fields.includes(field)));
