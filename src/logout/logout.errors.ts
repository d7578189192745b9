import { DomainError } from '../errors';
import type { DestinationRefusals } from '../outbound/check-destination';

export const logoutClientNotFound = () =>
  new DomainError('logout_client.not_found', 'Logout client not found');

export const clientTaken = () =>
  new DomainError(
    'logout_client.client_taken',
    'The client is registered already: change it in place of making another.',
    { fields: [{ pointer: '/body/clientId', detail: 'is registered already' }] },
  );

/** `checkDestination` of a client's address. */
export const logoutAddress: DestinationRefusals = {
  refused: (detail) =>
    new DomainError('logout_client.address_refused', `The address of the client is refused: it ${detail}.`, {
      fields: [{ pointer: '/body/logoutUri', detail }],
    }),
  resolverAway: (cause) =>
    new DomainError(
      'logout_client.resolver_unavailable',
      'The name of the host cannot be looked up at the moment. Nothing was changed; try again.',
      { cause, retryAfterSeconds: 5 },
    ),
};
