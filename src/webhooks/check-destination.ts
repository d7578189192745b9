import { lookup } from 'node:dns/promises';
import type { AddressPolicy, AddressVerdict } from './address-policy';
import { addressRefused } from './webhooks.errors';

const RESOLVE_TIMEOUT_MS = 2_000;

/**
 * Tells at registration what sending would refuse anyway, so that whoever registers learns it. A name that does not
 * resolve yet is accepted: it may come, and each send judges it again.
 * @throws `webhook_endpoint.address_refused`
 */
export async function checkDestination(text: string, policy: AddressPolicy): Promise<URL> {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['https:', 'http:'].includes(url.protocol)) throw addressRefused('must be an https URL');
  if (url.username !== '' || url.password !== '')
    throw addressRefused('must not carry a user name or password');
  const verdicts = (await addressesOf(url)).map(policy);
  if (verdicts.includes('refused')) throw addressRefused('is in a network that webhooks are not sent to');
  if (url.protocol === 'http:' && !allAllowed(verdicts)) throw addressRefused('must be an https URL');
  return url;
}

const allAllowed = (verdicts: readonly AddressVerdict[]): boolean =>
  verdicts.length > 0 && verdicts.every((verdict) => verdict === 'allowed');

async function addressesOf({ hostname }: URL): Promise<string[]> {
  const host = hostname.replace(/^\[|\]$/g, '');
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never[]>((resolve) => {
    timer = setTimeout(() => resolve([]), RESOLVE_TIMEOUT_MS);
  });
  const resolved = lookup(host, { all: true }).then(
    (answers) => answers.map(({ address }) => address),
    () => [],
  );
  return Promise.race([resolved, late]).finally(() => clearTimeout(timer));
}
