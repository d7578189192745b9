import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { importJWK, type JWK, SignJWT } from 'jose';
import { z } from 'zod';
import { answering, readJson, sendJson, sendProblem } from './http-server';
import { clientToken } from './client-token';
import type { LocalClient, LocalSecrets } from './secrets';
import type { TokenAddresses } from './token-issuer';

export interface UserTokensOptions extends TokenAddresses {
  /** The API's origin. */
  apiUrl: string;
  audience: string;
  signingKey: LocalSecrets['signingKey'];
  /** The identity provider's own client: it signs users in. */
  idp: LocalClient;
}

const LIFETIME_SECONDS = 3_600;

/** What users may do by themselves. */
const USER_SCOPE = 'block_list:self';

const signInBody = z.strictObject({ uid: z.string().min(1), clientId: z.string().min(1) });
const foundUsers = z.object({ items: z.array(z.object({ id: z.number(), uid: z.string() })) });
const createdSession = z.object({ sessionId: z.string(), epoch: z.number() });

/**
 * Plays the identity provider at sign-in: finds the user, opens a session in Portcullis and answers her access token,
 * whose `sid` and `epoch` name that session. Where Portcullis refuses, its answer is passed on as it is.
 */
export function createUserTokens(options: UserTokensOptions): RequestListener {
  return answering(async (request, response) => {
    if (request.method !== 'POST') return sendProblem(response, 405, 'Method not allowed', 'Use POST.');
    if (!isClient(request, options.idp)) {
      response.setHeader('WWW-Authenticate', `Basic realm="${options.issuer}"`);
      return sendProblem(
        response,
        401,
        'Unauthorized',
        'Send the credentials of the client idp (HTTP Basic).',
      );
    }
    const body = signInBody.safeParse(await readJson(request));
    // RFC 9068, section 2.2: a token whose sub is its client_id would be taken for the client's own.
    if (!body.success || body.data.uid === body.data.clientId) {
      return sendProblem(
        response,
        400,
        'Bad request',
        'Send {"uid", "clientId"}, two different texts, as JSON.',
      );
    }
    await signIn(body.data, options, response);
  });
}

async function signIn(
  { uid, clientId }: z.infer<typeof signInBody>,
  options: UserTokensOptions,
  response: ServerResponse,
): Promise<void> {
  const { apiUrl, audience, idp } = options;
  const token = await clientToken(options.tokenUrl, idp, audience);
  const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };

  const search = await fetch(`${apiUrl}/api/v1/users?uid=${encodeURIComponent(uid)}`, { headers });
  if (!search.ok) return passOn(search, response);
  const user = foundUsers.parse(await search.json()).items.find((found) => found.uid === uid);
  if (!user) return sendProblem(response, 404, 'Not found', 'No user has this uid.');

  const expiresAt = new Date(Date.now() + LIFETIME_SECONDS * 1000).toISOString();
  const opened = await fetch(`${apiUrl}/api/v1/users/${user.id}/sessions`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ clientId, expiresAt }),
  });
  if (!opened.ok) return passOn(opened, response);
  const { sessionId, epoch } = createdSession.parse(await opened.json());
  const claims = { sid: sessionId, epoch, client_id: clientId, scope: USER_SCOPE };
  response.setHeader('Cache-Control', 'no-store');
  sendJson(response, 200, {
    access_token: await sign(claims, uid, options),
    token_type: 'Bearer',
    expires_in: LIFETIME_SECONDS,
  });
}

async function sign(
  claims: Record<string, unknown>,
  subject: string,
  options: UserTokensOptions,
): Promise<string> {
  const { issuer, audience, signingKey } = options;
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: signingKey.kid })
    .setIssuer(issuer)
    .setAudience(audience)
    .setSubject(subject)
    .setIssuedAt()
    .setExpirationTime(`${LIFETIME_SECONDS}s`)
    .setJti(crypto.randomUUID())
    .sign(await importJWK(signingKey as JWK, 'RS256'));
}

async function passOn(refusal: Response, response: ServerResponse): Promise<void> {
  const contentType = refusal.headers.get('Content-Type') ?? 'application/problem+json';
  response.writeHead(refusal.status, { 'Content-Type': contentType }).end(await refusal.text());
}

/** HTTP Basic with form-encoded id and secret (RFC 6749, section 2.3.1); ours need no encoding. */
function isClient({ headers }: IncomingMessage, { clientId, clientSecret }: LocalClient): boolean {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() !== 'basic') return false;
  const given = Buffer.from(credentials, 'base64').toString('utf8');
  return timingSafeEqual(digest(given), digest(`${clientId}:${clientSecret}`));
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
