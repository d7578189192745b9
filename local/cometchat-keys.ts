import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { clientToken } from './client-token';
import type { LocalClient } from './secrets';

const keysFile = z.object({ apiKey: z.string().min(1), readOnlyApiKey: z.string().min(1) });

/** What a client of CometChat's API is told. */
export interface CometchatAccess extends z.infer<typeof keysFile> {
  /** With `/v3`, as CometChat's documents have it. */
  baseUrl: string;
}

export interface CometchatKeysOptions {
  /** Where the keys of this stack are kept: nobody else knows them. */
  file: string;
  apiUrl: string;
  tokenUrl: string;
  audience: string;
  admin: LocalClient;
}

/**
 * Keys for CometChat's API: those of the last start, while its database knows them; else two are made through the API,
 * one that may do everything and one that only reads.
 */
export async function loadCometchatKeys(options: CometchatKeysOptions): Promise<CometchatAccess> {
  const baseUrl = `${options.apiUrl}/v3`;
  const known = await readKeys(options.file);
  if (known && (await isKey(baseUrl, known.apiKey)) && (await isKey(baseUrl, known.readOnlyApiKey)))
    return { baseUrl, ...known };
  const token = await clientToken(options.tokenUrl, options.admin, options.audience);
  const made = {
    apiKey: await makeKey(options.apiUrl, token, { name: 'local', access: 'full', mayErase: true }),
    readOnlyApiKey: await makeKey(options.apiUrl, token, { name: 'local, read only', access: 'read' }),
  };
  const unfinished = `${options.file}.${process.pid}`;
  await writeFile(unfinished, JSON.stringify(made, null, 2), { mode: 0o600 });
  await rename(unfinished, options.file);
  return { baseUrl, ...made };
}

async function readKeys(file: string): Promise<z.infer<typeof keysFile> | undefined> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  return content === undefined ? undefined : keysFile.parse(JSON.parse(content));
}

async function isKey(baseUrl: string, apikey: string): Promise<boolean> {
  const { status } = await fetch(`${baseUrl}/users?perPage=1`, { headers: { apikey } });
  return status !== 401;
}

async function makeKey(apiUrl: string, token: string, body: object): Promise<string> {
  const response = await fetch(`${apiUrl}/api/v1/cometchat/api-keys`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`No key was made (${response.status}): ${await response.text()}`);
  return z.object({ key: z.string() }).parse(await response.json()).key;
}
