import { toUuid } from '../database/decode';
import type { Encryption, SecretPlace } from '../database/encryption';
import type { SecretColumn } from '../database/renew-secrets';
import { sql } from '../database/sql';
import { Uuid } from '../database/uuid';

/** Where a stream's `authorization_header` stands, for `database/encryption.ts`. */
export const authorizationPlace = (streamId: string): SecretPlace => ({
  table: 'security_event_streams',
  rowId: streamId,
});

/** All of them: a client has one stream. */
export const authorizationHeaders: SecretColumn<Uuid> = {
  name: 'the authorization of security event streams',
  table: sql`security_event_streams`,
  key: sql`id`,
  column: sql`authorization_header`,
  readKey: (value) => new Uuid(toUuid(value)),
  placeOf: ({ text }) => authorizationPlace(text),
};

export const sealAuthorization = (
  encryption: Encryption,
  streamId: string,
  header: string | null,
): string | null => header && encryption.encrypt(header, authorizationPlace(streamId));
