import type { Encryption, SecretPlace } from '../database/encryption';

/** Where a stream's `authorization_header` stands, for `database/encryption.ts`. */
export const authorizationPlace = (streamId: string): SecretPlace => ({
  table: 'security_event_streams',
  rowId: streamId,
});

export const sealAuthorization = (
  encryption: Encryption,
  streamId: string,
  header: string | null,
): string | null => header && encryption.encrypt(header, authorizationPlace(streamId));
