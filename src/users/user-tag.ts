import { strongTag } from '../http/etag';
import type { UserStatus } from './user-status';

/** A user's ETag. Every change raises the version; of the rest, time alone changes the status. */
export const userTag = ({ id, version }: { id: number; version: number }, status: UserStatus): string =>
  strongTag('user', id, version, status);
