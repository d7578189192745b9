import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild, startChild, waitUntilReady } from './children';
import { loadCometchatKeys } from './cometchat-keys';
import { lockDirectory } from './directory-lock';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from './embedded-postgres';
import { LOOPBACK, type ReservedPort, reservePort } from './free-port';
import { startMailCatcher } from './mail-catcher';
import { createPartList, type PartList, type Progress } from './part-list';
import { loadSecrets } from './secrets';
import { type StackDescription, writeDescription } from './stack-description';
import { AUDIENCE, stackEnvironment } from './stack-environment';
import { startTokenIssuer } from './token-issuer';
import { createUserTokens } from './user-tokens';
import { startWebhookReceiver } from './webhook-receiver';
import { ensureZimApp } from './zim-app';

export interface StackOptions {
  /** Data, logs and `stack.json` of this stack. */
  directory: string;
  secretsFile: string;
  /** A database to use instead of the embedded one. */
  databaseUrl?: string;
  redisUrl?: string;
  apiPort?: number;
  queuePrefix?: string;
  encryptionKeys?: string;
  auditKey?: string;
  /** Begins with an empty embedded database. */
  fresh?: boolean;
  progress: Progress;
}

export interface Stack {
  /** @throws with words for people where a part does not start; what had started is stopped by then */
  start(): Promise<StackDescription>;
  /** Also while it starts. Safe to repeat. */
  stop(): Promise<void>;
  /** Settles with words for people when a part has ended that should not have. */
  readonly failed: Promise<string>;
}

const DATABASE = 'portcullis';

/** All parts of Portcullis on this machine. */
export function createStack(options: StackOptions): Stack {
  const parts = createPartList(options.progress);
  let starting: Promise<StackDescription> | undefined;
  let stopping: Promise<void> | undefined;
  const stop = () => (stopping ??= stopAll());
  async function stopAll(): Promise<void> {
    parts.interrupt();
    await starting?.catch(() => undefined);
    await parts.stop();
  }
  return {
    failed: parts.failed,
    stop,
    start: () => {
      starting ??= startAll(options, parts);
      return starting.catch(async (error: unknown) => {
        await stop();
        throw error;
      });
    },
  };
}

async function startAll(options: StackOptions, parts: PartList): Promise<StackDescription> {
  const { directory } = options;
  const lock = await lockDirectory(directory);
  parts.onStop(() => lock.release());
  const descriptionFile = join(directory, 'stack.json');
  // One that a killed stack left behind describes nothing any more.
  await rm(descriptionFile, { force: true });
  const secrets = await loadSecrets(options.secretsFile);
  const databaseUrl = options.databaseUrl ?? (await startDatabase(options, parts));

  const apiPort = await reservePort(options.apiPort);
  const workerPort = await reservePort();
  parts.onStop(() => apiPort.release());
  parts.onStop(() => workerPort.release());
  const apiUrl = `http://${LOOPBACK}:${apiPort.port}`;

  const { signingKey, clients } = secrets;
  const { issuer, tokenUrl, userTokenUrl } = await parts.add(
    'token issuer',
    () =>
      startTokenIssuer({
        secrets,
        audience: AUDIENCE,
        userTokens: (addresses) =>
          createUserTokens({ ...addresses, apiUrl, audience: AUDIENCE, signingKey, idp: clients.idp }),
      }),
    (made) => made.stop(),
  );
  const mail = await parts.add('mail catcher', startMailCatcher, (made) => made.stop());
  const receiver = await parts.add('webhook receiver', startWebhookReceiver, (made) => made.stop());

  const environment = stackEnvironment({
    databaseUrl,
    redisUrl: options.redisUrl,
    apiPort: apiPort.port,
    workerPort: workerPort.port,
    issuer,
    smtpUrl: mail.smtpUrl,
    encryptionKeys: options.encryptionKeys ?? secrets.encryptionKeys,
    auditKey: options.auditKey ?? secrets.auditKey,
    queuePrefix: options.queuePrefix,
  });
  await startProcesses(directory, environment, { apiPort, workerPort }, parts);

  const cometchat = await parts.add('keys of CometChat’s API', () =>
    loadCometchatKeys({
      file: join(directory, 'cometchat-keys.json'),
      apiUrl,
      tokenUrl,
      audience: AUDIENCE,
      admin: clients.admin,
    }),
  );
  const zim = await parts.add('app of ZEGOCLOUD’s API', () =>
    ensureZimApp({
      seed: secrets.encryptionKeys,
      apiUrl,
      tokenUrl,
      audience: AUDIENCE,
      admin: clients.admin,
    }),
  );

  const description: StackDescription = {
    apiUrl,
    workerUrl: `http://${LOOPBACK}:${workerPort.port}`,
    issuer,
    tokenUrl,
    userTokenUrl,
    audience: AUDIENCE,
    clients,
    mailUrl: mail.url,
    webhookReceiverUrl: receiver.url,
    databaseUrl,
    redisUrl: options.redisUrl ?? null,
    cometchat,
    zim,
  };
  parts.signal.throwIfAborted();
  parts.onStop(() => rm(descriptionFile, { force: true }));
  await writeDescription(descriptionFile, description);
  return description;
}

async function startDatabase({ directory, fresh }: StackOptions, parts: PartList): Promise<string> {
  const place = join(directory, 'postgres');
  if (fresh) await parts.add('old data removed', () => removeEmbeddedPostgres(place));
  const server = await parts.add(
    'PostgreSQL',
    () => startEmbeddedPostgres({ directory: place }),
    (made) => made.stop(),
  );
  parts.watch('database', server.ended);
  if (!(await server.hasDatabase(DATABASE))) await server.createDatabase(DATABASE);
  return server.url(DATABASE);
}

/** The schema first; then the API and the worker beside each other. */
async function startProcesses(
  directory: string,
  environment: Record<string, string | undefined>,
  { apiPort, workerPort }: { apiPort: ReservedPort; workerPort: ReservedPort },
  parts: PartList,
): Promise<void> {
  const child = (name: string, entry: string) => ({
    name,
    entry,
    environment,
    logFile: join(directory, 'logs', `${name.toLowerCase()}.log`),
  });
  const start = (name: string, entry: string, reserved: ReservedPort) =>
    parts.add(name, async () => {
      await reserved.release();
      const running = startChild(child(name, entry));
      parts.onStop(() => running.stop());
      await waitUntilReady(running, `http://${LOOPBACK}:${reserved.port}/readyz`, parts.signal);
      parts.watch(name, running.ended);
    });

  await parts.add('schema', () => runChild(child('migration', 'src/database/migrate.ts')));
  const started = await Promise.allSettled([
    start('API', 'src/api.ts', apiPort),
    start('worker', 'workers/main.ts', workerPort),
  ]);
  const failure = started.find((result) => result.status === 'rejected');
  if (failure) throw failure.reason;
}
