import { readFile, rename, writeFile } from 'node:fs/promises';
import type { CometchatAccess } from './cometchat-keys';
import type { LocalClients } from './secrets';
import type { ZimAccess } from './zim-app';

/** Everything that a client of a running stack needs; the content of `stack.json`. */
export interface StackDescription {
  /** An origin: the API's paths begin with /api/v1. */
  apiUrl: string;
  /** An origin: the worker answers /healthz, /readyz and /metrics. */
  workerUrl: string;
  issuer: string;
  tokenUrl: string;
  userTokenUrl: string;
  audience: string;
  clients: LocalClients;
  mailUrl: string;
  webhookReceiverUrl: string;
  databaseUrl: string;
  redisUrl: string | null;
  cometchat: CometchatAccess;
  zim: ZimAccess;
}

/** Whoever sees the file sees all of it; it holds secrets, so only its owner does. */
export async function writeDescription(file: string, description: StackDescription): Promise<void> {
  const unfinished = `${file}.${process.pid}`;
  await writeFile(unfinished, `${JSON.stringify(description, null, 2)}\n`, { mode: 0o600 });
  await rename(unfinished, file);
}

/** Undefined where no stack has written one. */
export async function readDescription(file: string): Promise<StackDescription | undefined> {
  const content = await readFile(file, 'utf8').catch(() => undefined);
  return content === undefined ? undefined : (JSON.parse(content) as StackDescription);
}
