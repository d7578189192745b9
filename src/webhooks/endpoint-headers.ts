import type { Encryption, SecretPlace } from '../database/encryption';
import { DomainError, type FieldError } from '../errors';
import type { WebhookEndpoint } from './webhook-endpoint.entity';

/** A header that each webhook carries besides ours. */
export interface EndpointHeader {
  name: string;
  value: string;
}

/** As a change gives it: one without a value keeps the value that it has. */
export type GivenHeader = Omit<EndpointHeader, 'value'> & Partial<EndpointHeader>;

/** What says how the webhook is sent (RFC 9110, sections 6.6 and 7.6), or by whom, is not the registrar's to say. */
const RESERVED =
  /^(host|content-.*|transfer-encoding|connection|keep-alive|te|trailer|upgrade|expect|date|user-agent|proxy-.*|http2-settings|webhook-.*|x-hub-signature)$/;

/**
 * The headers that a caller gives, with the values of those that she does not say.
 * @param present the headers that the endpoint has
 * @throws `request.invalid`, naming each header that is reserved, given twice, or without a value
 */
export function toEndpointHeaders(
  given: readonly GivenHeader[],
  present: readonly EndpointHeader[] = [],
): EndpointHeader[] {
  const names = given.map(({ name }) => name.toLowerCase());
  const valueOf = (name: string) => present.find((header) => header.name.toLowerCase() === name)?.value;
  const headers = given.map(({ name, value }, at) => ({ name, value: value ?? valueOf(names[at] ?? '') }));
  const faults = headers.flatMap(({ value }, at): FieldError[] => {
    const name = names[at] ?? '';
    const pointer = `/body/headers/${at}`;
    if (RESERVED.test(name)) {
      return [{ pointer: `${pointer}/name`, detail: 'is set by Portcullis itself, or by the connection' }];
    }
    if (names.indexOf(name) < at) return [{ pointer: `${pointer}/name`, detail: 'is given twice' }];
    if (value === undefined) {
      return [{ pointer: `${pointer}/value`, detail: 'must be given: the endpoint has no such header yet' }];
    }
    return [];
  });
  if (faults.length > 0) {
    throw new DomainError('request.invalid', 'These headers cannot be sent.', { fields: faults });
  }
  return headers as EndpointHeader[];
}

/** What of headers may be shown and recorded: a value is often a secret (I7). */
export const namesOf = (headers: readonly EndpointHeader[]): { name: string }[] =>
  headers.map(({ name }) => ({ name }));

/** Where an endpoint's headers stand, for `database/encryption.ts`. */
export const headersPlace = (endpointId: string): SecretPlace => ({
  table: 'webhook_endpoints',
  rowId: `${endpointId}/headers`,
});

export const sealHeaders = (
  encryption: Encryption,
  endpointId: string,
  headers: readonly EndpointHeader[],
): string | null =>
  headers.length === 0 ? null : encryption.encrypt(JSON.stringify(headers), headersPlace(endpointId));

export const openHeaders = (
  encryption: Encryption,
  { id, headers }: Pick<WebhookEndpoint, 'id' | 'headers'>,
): EndpointHeader[] =>
  headers === null ? [] : (JSON.parse(encryption.decrypt(headers, headersPlace(id))) as EndpointHeader[]);
