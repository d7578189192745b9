import { randomBytes, randomInt } from 'node:crypto';
import { type Actor, appendAudit } from '../../audit/audit';
import type { Database } from '../../database/database';
import { toTime } from '../../database/decode';
import type { Encryption } from '../../database/encryption';
import type { Keep } from '../../database/keep';
import { databaseNow, sql } from '../../database/sql';
import type { Transaction } from '../../database/transaction';
import { DuplicateKeyError } from '../../database/unit-of-work';
import { MAX_APP_ID, secretPlace, type ZimApp, zimAppTaken } from './zim-app';

export interface NewZimApp {
  name: string;
  /** The one that its clients have from the vendor; generated where absent. */
  appId?: number;
  /** The same of its secret: 32 digits of lower-case hex. */
  serverSecret?: string;
}

/** With its secret, which is shown this once. */
export interface CreatedZimApp extends ZimApp {
  serverSecret: string;
}

export type CreateZimApp = (
  input: NewZimApp,
  actor: Actor,
  keep?: Keep<CreatedZimApp>,
) => Promise<CreatedZimApp>;

/** As long as the vendor's. */
const SECRET_BYTES = 16;
const MIN_GENERATED_ID = 100_000_000;
const MAX_ID_COLLISIONS = 5;

/**
 * Registers an app. Clients that come from the vendor may bring their id and secret along.
 * @throws `zim_app.taken`
 */
export function createCreateZimApp(database: Database, encryption: Encryption): CreateZimApp {
  return async (input, actor, keep) => {
    for (let collisions = 0; ; collisions++) {
      try {
        return await database.transaction((tx) => insert(tx, encryption, input, actor), keep);
      } catch (error) {
        if (!(error instanceof DuplicateKeyError)) throw error;
        if (input.appId !== undefined) throw zimAppTaken();
        if (collisions === MAX_ID_COLLISIONS) throw error;
      }
    }
  };
}

async function insert(
  tx: Transaction,
  encryption: Encryption,
  input: NewZimApp,
  actor: Actor,
): Promise<CreatedZimApp> {
  const { name } = input;
  const appId = input.appId ?? randomInt(MIN_GENERATED_ID, MAX_APP_ID + 1);
  const serverSecret = input.serverSecret ?? randomBytes(SECRET_BYTES).toString('hex');
  const [[time]] = await tx.read(databaseNow);
  const createdAt = toTime(time?.now);
  const sealed = encryption.encrypt(serverSecret, secretPlace(appId));
  tx.write(sql`INSERT INTO zim_apps (app_id, name, secret, created_at, created_by)
    VALUES (${appId}, ${name}, ${sealed}, ${createdAt}, ${actor.subject})`);
  const target = `zim_app:${appId}`;
  const after = { name };
  tx.write(
    appendAudit([
      { actor, action: 'zim_app.create', target, changedFields: ['name'], after, occurredAt: createdAt },
    ]),
  );
  return { appId, name, createdAt, createdBy: actor.subject, revokedAt: null, serverSecret };
}
