import { z } from 'zod';
import type { LocalClient } from './secrets';

const tokenAnswer = z.object({ access_token: z.string() });

/**
 * Asks for a client's access token with its whole scope (RFC 6749, section 4.4).
 * @throws with the issuer's answer where it gives none
 */
export async function clientToken(tokenUrl: string, client: LocalClient, audience: string): Promise<string> {
  const { clientId, clientSecret, scope } = client;
  const response = await fetch(tokenUrl, {
    method: 'POST',
    headers: { Authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope, audience }),
  });
  if (!response.ok) {
    throw new Error(`${tokenUrl} gave no token (${response.status}): ${await response.text()}`);
  }
  return tokenAnswer.parse(await response.json()).access_token;
}
