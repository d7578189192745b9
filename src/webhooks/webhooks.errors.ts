import { DomainError } from '../errors';
import type { DestinationRefusals } from '../outbound/check-destination';

export const webhookEndpointNotFound = () =>
  new DomainError('webhook_endpoint.not_found', 'Webhook endpoint not found');

/** Neither yes nor no: the name servers do not answer. */
const resolverAway = (cause: unknown) =>
  new DomainError(
    'webhook_endpoint.resolver_unavailable',
    'The name of the host cannot be looked up at the moment. Nothing was changed; try again.',
    { cause, retryAfterSeconds: 5 },
  );

export const webhookEndpointDisabled = () =>
  new DomainError(
    'webhook_endpoint.disabled',
    'The endpoint is disabled and would get nothing: enable it first.',
  );

/** @param detail what is wrong with the address, without saying what it resolved to */
/** `checkDestination` of an endpoint's address. */
export const endpointAddress: DestinationRefusals = {
  refused: (detail) => addressRefused(detail),
  resolverAway: (cause) => resolverAway(cause),
};

const addressRefused = (detail: string) =>
  new DomainError(
    'webhook_endpoint.address_refused',
    `The address of the endpoint is refused: it ${detail}.`,
    {
      fields: [{ pointer: '/body/url', detail }],
    },
  );

/** @param detail what a secret of the endpoint's signature is like; never the one that was given */
export const secretInvalid = (detail: string) =>
  new DomainError('request.invalid', `The secret ${detail}.`, {
    fields: [{ pointer: '/body/secret', detail }],
  });

export const testedJustNow = () =>
  new DomainError(
    'rate_limit.exceeded',
    'This endpoint was tested a moment ago, or many are being tested. Send the next ping later.',
    { retryAfterSeconds: 1 },
  );
