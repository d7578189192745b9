import { DomainError } from '../errors';
import type { DestinationRefusals } from '../outbound/check-destination';

/** Also where it is another client's: who may not know of it cannot find out. */
export const streamNotFound = () => new DomainError('stream.not_found', 'This client has no such stream.');

/** SSF 1.0, section 8.1.1.1. */
export const streamExists = () =>
  new DomainError('stream.exists', 'This client has a stream already. Read it, and change or delete it.');

export const notAReceiver = () =>
  new DomainError(
    'stream.receiver_refused',
    'This client may not have a stream: the operator has not named it as a receiver (SSF_RECEIVERS).',
  );

export const streamDisabled = () =>
  new DomainError('stream.disabled', 'The stream is disabled and would get nothing: enable it first.');

export const verifiedJustNow = (retryAfterSeconds: number) =>
  new DomainError(
    'rate_limit.exceeded',
    'A verification was asked for a moment ago: `min_verification_interval` says how often it may be.',
    { retryAfterSeconds },
  );

/** `checkDestination` of the address that is pushed to. */
export const pushAddress: DestinationRefusals = {
  refused: (detail) =>
    new DomainError('stream.address_refused', `The address of the stream is refused: it ${detail}.`, {
      fields: [{ pointer: '/body/delivery/endpoint_url', detail }],
    }),
  resolverAway: (cause) =>
    new DomainError(
      'stream.resolver_unavailable',
      'The name of the host cannot be looked up at the moment. Nothing was changed; try again.',
      { cause, retryAfterSeconds: 5 },
    ),
};
