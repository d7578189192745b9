import { createHash } from 'node:crypto';
import { clientToken } from './client-token';
import type { LocalClient } from './secrets';

/** What a client of ZEGOCLOUD's server API is told. */
export interface ZimAccess {
  /** `/?Action=...` follows. */
  baseUrl: string;
  appId: number;
  serverSecret: string;
}

export interface ZimAppOptions {
  /** Of this machine: what is made of it is the same at each start. */
  seed: string;
  apiUrl: string;
  tokenUrl: string;
  audience: string;
  admin: LocalClient;
}

const LEAST_ID = 1_000_000_000;

/** The app of this machine, registered where the database does not know it yet. */
export async function ensureZimApp({
  seed,
  apiUrl,
  tokenUrl,
  audience,
  admin,
}: ZimAppOptions): Promise<ZimAccess> {
  const derived = createHash('sha256').update(`zim/${seed}`).digest();
  // Both fit into 32 bits; two machines on one database have two apps.
  const appId = LEAST_ID + (derived.readUInt32BE(28) % LEAST_ID);
  const serverSecret = derived.subarray(0, 16).toString('hex');
  const token = await clientToken(tokenUrl, admin, audience);
  const response = await fetch(`${apiUrl}/api/v1/zim/apps`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'local', appId, serverSecret }),
  });
  const isThere = response.status === 409;
  if (!response.ok && !isThere)
    throw new Error(`No app was made (${response.status}): ${await response.text()}`);
  return { baseUrl: apiUrl, appId, serverSecret };
}
