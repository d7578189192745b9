import { createHash } from 'node:crypto';
import { z } from 'zod';
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

/** Newest first; nobody has so many on a machine of her own. */
const LISTED = 200;

const appList = z.object({
  items: z.array(z.object({ appId: z.number(), revokedAt: z.string().nullable() })),
});

/** The app of this machine, registered where the database does not know it yet; the next one, where it was revoked. */
export async function ensureZimApp(options: ZimAppOptions): Promise<ZimAccess> {
  const { seed, apiUrl, tokenUrl, audience, admin } = options;
  const token = await clientToken(tokenUrl, admin, audience);
  for (let before = 0; ; before++) {
    const app = derivedApp(before === 0 ? seed : `${seed}/${before}`);
    if ((await register(apiUrl, token, app)) || (await isAlive(apiUrl, token, app.appId))) {
      return { baseUrl: apiUrl, ...app };
    }
  }
}

/** Both fit into 32 bits; two machines on one database have two apps. */
function derivedApp(seed: string): Pick<ZimAccess, 'appId' | 'serverSecret'> {
  const derived = createHash('sha256').update(`zim/${seed}`).digest();
  return {
    appId: LEAST_ID + (derived.readUInt32BE(28) % LEAST_ID),
    serverSecret: derived.subarray(0, 16).toString('hex'),
  };
}

/** @returns false where there is an app of this id */
async function register(apiUrl: string, token: string, app: object): Promise<boolean> {
  const response = await fetch(`${apiUrl}/api/v1/zim/apps`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ name: 'local', ...app }),
  });
  if (response.ok || response.status === 409) return response.ok;
  throw new Error(`No app was made (${response.status}): ${await response.text()}`);
}

/** One that was revoked keeps its id. */
async function isAlive(apiUrl: string, token: string, appId: number): Promise<boolean> {
  const response = await fetch(`${apiUrl}/api/v1/zim/apps?limit=${LISTED}`, {
    headers: { Authorization: `Bearer ${token}` },
  });
  if (!response.ok) throw new Error(`No apps are listed (${response.status}): ${await response.text()}`);
  const { items } = appList.parse(await response.json());
  return !items.some((app) => app.appId === appId && app.revokedAt !== null);
}
