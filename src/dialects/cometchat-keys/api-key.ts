import { createHash } from 'node:crypto';
import { orNull, toBoolean, toText, toTime, toUuid } from '../../database/decode';
import type { Row } from '../../database/engines/engine';
import { sql } from '../../database/sql';

/** What a key may do: all that the dialect has, or only look. */
export type KeyAccess = 'full' | 'read';

/** The credentials of a client that speaks CometChat's API. The key itself is kept by nobody but the client. */
export interface ApiKey {
  id: string;
  name: string;
  access: KeyAccess;
  /** Whether it may delete users for good, too. */
  mayErase: boolean;
  createdAt: Date;
  /** The client that made it. */
  createdBy: string;
  revokedAt: Date | null;
  /** To a few minutes. */
  lastUsedAt: Date | null;
}

/** A key is as random as can be, so that its hash needs no salt and no stretching. */
export const hashOf = (key: string): string => createHash('sha256').update(key).digest('hex');

export const apiKeyColumns = sql`id, name, access, may_erase, created_at, created_by, revoked_at, last_used_at`;

export const toApiKey = (row: Row): ApiKey => ({
  id: toUuid(row.id),
  name: toText(row.name),
  access: toText(row.access) as KeyAccess,
  mayErase: toBoolean(row.may_erase),
  createdAt: toTime(row.created_at),
  createdBy: toText(row.created_by),
  revokedAt: orNull(toTime, row.revoked_at),
  lastUsedAt: orNull(toTime, row.last_used_at),
});
