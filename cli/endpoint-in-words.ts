import type { components } from '../src/http/contract.generated';
import type { CommandContext } from './context';
import { list, table } from './output';

export type Endpoint = components['schemas']['WebhookEndpointWithSecret'];
export type EndpointTest = components['schemas']['WebhookTest'];

export function inRows(endpoints: readonly Endpoint[]): string {
  if (endpoints.length === 0) return 'There is no endpoint.';
  return table(
    ['ENDPOINT', 'URL', 'EVENTS', 'STATE', 'FAILING SINCE'],
    endpoints.map((endpoint) => [
      endpoint.id,
      endpoint.url,
      endpoint.eventTypes.join(','),
      stateOf(endpoint),
      endpoint.failingSince,
    ]),
  );
}

const stateOf = ({ enabled, disabledCause }: Endpoint): string =>
  enabled ? 'enabled' : `disabled (${disabledCause})`;

export function tell({ output }: CommandContext, endpoint: Endpoint): void {
  output.result(endpoint, () =>
    list([
      ['endpoint', endpoint.id],
      ['url', endpoint.url],
      ['events', endpoint.eventTypes.join(', ')],
      ['state', stateOf(endpoint)],
      ['failing since', endpoint.failingSince],
      ['slowed until', endpoint.slowedUntil],
      ['description', endpoint.description],
      ['contact', endpoint.contact],
      ['headers', endpoint.headers.map(({ name }) => name).join(', ') || null],
      ['rate', endpoint.rate],
      ['timeout', endpoint.timeout],
      ['payload', endpoint.payload],
      ['signature', endpoint.signature],
      ...endpoint.publicKeys.map((key) => ['public key', key] as const),
      ['old secret until', endpoint.previousSecretUntil],
      ['secret', endpoint.secret],
    ]),
  );
}

export const testInWords = ({ delivered, statusCode, error, tookMs }: EndpointTest): string =>
  delivered
    ? `It arrived: ${statusCode} after ${tookMs} ms.`
    : `It did not arrive: ${error ?? 'nobody knows why'} (${tookMs} ms).`;
