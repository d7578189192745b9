import { type Credentials, writeCredentials } from './credentials-file';
import { type AccessToken, requestToken } from './request-token';
import type { Settings } from './settings';

/** Where calls get their access token from. */
export interface TokenSource {
  /** A token that lives for a while yet. */
  current(): Promise<string>;
  /** Another one, where the service does not accept `refused`. */
  renewed(refused: string): Promise<string>;
}

/** So much life a token must have left, for the call that it goes with to arrive. */
const MARGIN_MS = 30_000;

/** @param stored what `login` left for these settings: its token serves, and a new one goes there again */
export function createTokenSource(settings: Settings, stored: Credentials | null): TokenSource {
  let token: AccessToken | undefined = stored?.token;
  let asking: Promise<string> | undefined;

  const ask = async (): Promise<string> => {
    token = await requestToken(settings);
    if (stored) await writeCredentials({ ...stored, token });
    return token.value;
  };
  // Calls that run at the same time ask once.
  const renew = () => (asking ??= ask().finally(() => (asking = undefined)));

  return {
    async current() {
      return token && token.expiresAt - MARGIN_MS > Date.now() ? token.value : renew();
    },
    async renewed(refused) {
      return token && token.value !== refused ? token.value : renew();
    },
  };
}
