import { toInteger } from '../../database/decode';
import type { SecretPlace } from '../../database/encryption';
import type { SecretColumn } from '../../database/renew-secrets';
import { sql } from '../../database/sql';
import { DomainError } from '../../errors';

/** Who may speak ZEGOCLOUD's server API: what the vendor calls an application. */
export interface ZimApp {
  /** 1 to 2^32-1. */
  appId: number;
  name: string;
  createdAt: Date;
  /** `sub` of who made it. */
  createdBy: string;
  revokedAt: Date | null;
}

/** The vendor's ids are unsigned numbers of 32 bits. */
export const MAX_APP_ID = 2 ** 32 - 1;

/** Where an app's secret stands, for `database/encryption.ts`. */
export const secretPlace = (appId: number): SecretPlace => ({ table: 'zim_apps', rowId: String(appId) });

/** All of them; one that was revoked has none any more. */
export const zimSecrets: SecretColumn<number> = {
  name: 'the secrets of ZIM apps',
  table: sql`zim_apps`,
  key: sql`app_id`,
  column: sql`secret`,
  readKey: toInteger,
  placeOf: secretPlace,
};

export const zimAppNotFound = () => new DomainError('zim_app.not_found', 'App not found');

export const zimAppTaken = () =>
  new DomainError('zim_app.taken', 'There is an app of this id already; one that was revoked keeps its id.', {
    fields: [{ pointer: '/body/appId', detail: 'is taken; leave it out to have one generated' }],
  });
