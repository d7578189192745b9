import type { Encryption } from '../database/encryption';
import { type FieldError, requestInvalid } from '../errors';
import type { components } from '../http/contract.generated';
import type { AddressPolicy } from '../outbound/address-policy';
import { checkDestination } from '../outbound/check-destination';
import { sealAuthorization } from './authorization-header';
import { pushAddress } from './security-events.errors';
import type { SecurityEventStream } from './security-event-stream.entity';
import { METHOD_URIS, type StreamConfiguration } from './stream-configuration';

export type GivenSettings = components['schemas']['CreateSecurityEventStream'];
export type GivenConfiguration = components['schemas']['ChangeSecurityEventStream'];

/** What a receiver says about its stream, as columns of its row (SSF 1.0, section 8.1.1: "Receiver-Supplied"). */
export type StreamSettings = Pick<
  SecurityEventStream,
  'method' | 'endpointUrl' | 'authorizationHeader' | 'eventsRequested' | 'description'
>;

type GivenDelivery = NonNullable<GivenSettings['delivery']>;

/**
 * Tells what is wrong with a delivery that a receiver asks for. It asks a resolver, so it stays outside the transaction (I3).
 * @throws `request.invalid`, `stream.address_refused`, `stream.resolver_unavailable`
 */
export async function checkDelivery(
  delivery: GivenDelivery | undefined,
  policy: AddressPolicy,
): Promise<void> {
  if (delivery?.method !== METHOD_URIS.push) return;
  if (delivery.endpoint_url === undefined) {
    throw requestInvalid([
      { pointer: '/body/delivery/endpoint_url', detail: 'is required where tokens are pushed' },
    ]);
  }
  await checkDestination(delivery.endpoint_url, policy, pushAddress);
}

/**
 * All that a receiver says anew. What it does not say is gone (SSF 1.0, section 8.1.1.4), and without a delivery the
 * stream is polled (section 8.1.1.1).
 * @param pollUrl that of the stream; null where it has none yet
 * @throws `request.invalid`
 */
export function newSettings(
  encryption: Encryption,
  streamId: string,
  { delivery, events_requested: requested, description }: GivenSettings,
  pollUrl: string | null,
): StreamSettings {
  return {
    ...toDelivery(encryption, streamId, delivery ?? { method: METHOD_URIS.poll }, pollUrl),
    eventsRequested: requested === undefined ? null : JSON.stringify(requested),
    description: description ?? null,
  };
}

/**
 * The settings after a change of some of them. A delivery to the same address keeps its `authorization_header` where no
 * other is given: it is never shown, so that who sends back what it has read must not lose it. Another address gets none
 * that it was not meant for.
 */
export function mergedSettings(
  encryption: Encryption,
  present: SecurityEventStream,
  given: GivenSettings,
  pollUrl: string,
): StreamSettings {
  const { delivery, events_requested: requested, description } = given;
  const wanted = delivery && toDelivery(encryption, present.id, delivery, pollUrl);
  const keepsHeader =
    wanted?.endpointUrl === present.endpointUrl && delivery?.authorization_header === undefined;
  return {
    method: wanted?.method ?? present.method,
    endpointUrl: wanted ? wanted.endpointUrl : present.endpointUrl,
    authorizationHeader: wanted && !keepsHeader ? wanted.authorizationHeader : present.authorizationHeader,
    eventsRequested: requested === undefined ? present.eventsRequested : JSON.stringify(requested),
    description: description ?? present.description,
  };
}

function toDelivery(
  encryption: Encryption,
  streamId: string,
  { method, endpoint_url: endpointUrl, authorization_header: header }: GivenDelivery,
  pollUrl: string | null,
): Pick<StreamSettings, 'method' | 'endpointUrl' | 'authorizationHeader'> {
  if (method === METHOD_URIS.push) {
    return {
      method: 'push',
      endpointUrl: endpointUrl ?? null,
      authorizationHeader: sealAuthorization(encryption, streamId, header ?? null),
    };
  }
  const faults: FieldError[] = [];
  // SSF 1.0, section 6.1.2: it is ours to say.
  if (endpointUrl !== undefined && endpointUrl !== pollUrl) {
    faults.push({
      pointer: '/body/delivery/endpoint_url',
      detail: 'is supplied by us where tokens are polled',
    });
  }
  if (header !== undefined) {
    faults.push({ pointer: '/body/delivery/authorization_header', detail: 'is for tokens that are pushed' });
  }
  if (faults.length > 0) throw requestInvalid(faults);
  return { method: 'poll', endpointUrl: null, authorizationHeader: null };
}

/**
 * SSF 1.0, sections 8.1.1.3 and 8.1.1.4: what we supply may be sent back, and must be as it is before the change.
 * @throws `request.invalid`, naming each that is not
 */
export function assertSuppliedByUs(given: GivenConfiguration, shown: StreamConfiguration): void {
  const expected: Partial<Record<keyof GivenConfiguration, unknown>> = {
    iss: shown.iss,
    aud: shown.aud,
    events_supported: shown.events_supported,
    events_delivered: shown.events_delivered,
    min_verification_interval: shown.min_verification_interval,
    inactivity_timeout: shown.inactivity_timeout,
  };
  const faults = Object.entries(expected).filter(([name, value]) => {
    const sent = given[name as keyof GivenConfiguration];
    return sent !== undefined && !isSame(sent, value);
  });
  if (faults.length === 0) return;
  throw requestInvalid(
    faults.map(([name]) => ({ pointer: `/body/${name}`, detail: 'is supplied by us and has another value' })),
  );
}

/** Sets of URIs have no order; an audience of one may be written as a list (RFC 7519, section 4.1.3). */
function isSame(sent: unknown, expected: unknown): boolean {
  const [ours, theirs] = [expected, sent].map((value) => [value].flat().map(String).sort());
  return JSON.stringify(ours) === JSON.stringify(theirs);
}
