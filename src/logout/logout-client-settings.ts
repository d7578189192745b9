import type { LogoutClient } from './logout-client.entity';

/** What somebody says about a client, and may say anew. */
export type LogoutClientSettings = Pick<
  LogoutClient,
  'logoutUri' | 'sessionRequired' | 'enabled' | 'description'
>;

export const settingsOf = ({
  logoutUri,
  sessionRequired,
  enabled,
  description,
}: LogoutClientSettings): LogoutClientSettings => ({ logoutUri, sessionRequired, enabled, description });
