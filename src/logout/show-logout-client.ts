import type { components } from '../http/contract.generated';
import { strongTag } from '../http/etag';
import type { LogoutClient } from './logout-client.entity';

/** A client as the contract shows it. */
export const showLogoutClient = ({
  version: _version,
  failingSince,
  createdAt,
  updatedAt,
  ...client
}: LogoutClient): components['schemas']['LogoutClient'] => ({
  ...client,
  failingSince: failingSince?.toISOString() ?? null,
  createdAt: createdAt.toISOString(),
  updatedAt: updatedAt?.toISOString() ?? null,
});

/** A client's ETag: what somebody has set. How its attempts go is left out: it may change with each of them. */
export const logoutClientTag = ({ id, version }: LogoutClient): string =>
  strongTag('logout_client', id, version);
