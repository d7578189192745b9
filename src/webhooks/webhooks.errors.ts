import { DomainError } from '../errors';

export const webhookEndpointNotFound = () =>
  new DomainError('webhook_endpoint.not_found', 'Webhook endpoint not found');

/** @param detail what is wrong with the address, without saying what it resolved to */
export const addressRefused = (detail: string) =>
  new DomainError(
    'webhook_endpoint.address_refused',
    `The address of the endpoint is refused: it ${detail}.`,
    {
      fields: [{ pointer: '/body/url', detail }],
    },
  );
