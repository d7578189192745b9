import { randomBytes } from 'node:crypto';
import type { SecretPlace } from '../database/encryption';

/** Standard Webhooks asks for 24 to 64 bytes. */
const SECRET_BYTES = 32;

/** A new signing secret, in the form that receivers' libraries take. */
export const newEndpointSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** Where an endpoint's secret stands, for `database/encryption.ts`. */
export const secretPlace = (endpointId: string): SecretPlace => ({
  table: 'webhook_endpoints',
  rowId: endpointId,
});
