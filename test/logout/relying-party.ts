import type { ServerResponse } from 'node:http';
import { type JWTVerifyGetKey, jwtVerify } from 'jose';
import { startWebhookReceiver } from '../webhooks/webhook-receiver';

const BACKCHANNEL_LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';

/** What a client learns from a logout token that it has validated. */
export interface VerifiedLogout {
  sub: string;
  /** Absent where all of the user's sessions with the client end. */
  sid?: string;
  jti: string;
  txn: string;
}

export interface RelyingParty {
  url: string;
  /** In the order of their arrival. */
  received: VerifiedLogout[];
  /** Requests that no client may accept, and why. */
  refused: string[];
  close(): Promise<void>;
}

export interface RelyingPartyOptions {
  clientId: string;
  issuer: string;
  keys: JWTVerifyGetKey;
  answer?: (response: ServerResponse, logout: VerifiedLogout) => void;
}

/** A client that validates as OpenID Connect Back-Channel Logout 1.0, section 2.6, asks, with the keys that are published. */
export async function startRelyingParty(options: RelyingPartyOptions): Promise<RelyingParty> {
  const { answer = (response) => response.writeHead(200, { 'Cache-Control': 'no-store' }).end() } = options;
  const server = await startWebhookReceiver((response, { headers, body }) => {
    readLogout(String(headers['content-type']), String(body), options).then(
      (logout) => {
        party.received.push(logout);
        answer(response, logout);
      },
      (error: Error) => {
        party.refused.push(error.message);
        // Section 2.8.
        response.writeHead(400).end(JSON.stringify({ error: 'invalid_request' }));
      },
    );
  });
  const party: RelyingParty = { url: server.url, received: [], refused: [], close: () => server.close() };
  return party;
}

async function readLogout(
  contentType: string,
  body: string,
  { clientId, issuer, keys }: RelyingPartyOptions,
): Promise<VerifiedLogout> {
  if (contentType !== 'application/x-www-form-urlencoded') throw new Error(`a body of ${contentType}`);
  const form = new URLSearchParams(body);
  if ([...form.keys()].join() !== 'logout_token') throw new Error('another form');
  // Steps 2 to 4.
  const { payload } = await jwtVerify(form.get('logout_token') ?? '', keys, {
    issuer,
    audience: clientId,
    typ: 'logout+jwt',
    algorithms: ['RS256'],
    requiredClaims: ['iat', 'exp', 'jti', 'events', 'txn'],
    maxTokenAge: 120,
  });
  const { sub, sid, jti, txn, iat, exp, events } = payload as Record<string, unknown>;
  // Steps 5 to 7.
  if (typeof sub !== 'string' && typeof sid !== 'string') throw new Error('neither sub nor sid');
  if (JSON.stringify(events) !== JSON.stringify({ [BACKCHANNEL_LOGOUT]: {} }))
    throw new Error('other events');
  if ('nonce' in payload) throw new Error('a nonce');
  if (Number(exp) - Number(iat) > 120) throw new Error('it lives for too long');
  return { sub, jti, txn, ...(sid === undefined ? {} : { sid }) } as VerifiedLogout;
}
