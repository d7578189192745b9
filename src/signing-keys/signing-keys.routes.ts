import type { Database } from '../database/database';
import type { Handlers } from '../http/handlers';
import type { RotateSigningKeys, Rotation } from './rotate-signing-keys';
import { showSigningKey } from './show-signing-key';
import type { SigningKeys } from './signing-keys';
import { isPublished, readKeys } from './stored-key';

/**
 * Much shorter than a new key is published before it signs. Who keeps the key set believes a withdrawn key for as long,
 * so it is no longer than saves both sides work.
 */
const CACHED_SECONDS = 600;

export const createSigningKeysRoutes = (
  database: Database,
  signingKeys: SigningKeys,
  rotateSigningKeys: RotateSigningKeys,
): Pick<Handlers, 'getJwks' | 'listSigningKeys' | 'rotateSigningKeys'> => ({
  getJwks: async () => ({
    status: 200,
    body: await signingKeys.jwks(),
    headers: { 'Cache-Control': `public, max-age=${CACHED_SECONDS}` },
  }),

  async listSigningKeys() {
    const { keys, now } = await readKeys(database);
    const items = now
      ? keys.filter((key) => isPublished(key, now)).map((key) => showSigningKey(key, now))
      : [];
    return { status: 200, body: { items } };
  },

  rotateSigningKeys: ({ body: { compromised = false } = {}, caller, kept }) =>
    kept(
      ({ key, withdrawn, at }: Rotation) => ({
        status: 200,
        body: { key: showSigningKey(key, at), withdrawn: [...withdrawn] },
      }),
      (keep) => rotateSigningKeys({ compromised, actor: caller }, keep),
    ),
});
