import type { IncomingMessage, ServerResponse } from 'node:http';
import type Provider from 'oidc-provider';
import type { InteractionResults } from 'oidc-provider';
import { type Portcullis, Refused } from './portcullis';
import { SIGN_IN_TTL_SECONDS } from './provider';

interface Account {
  password: string;
  email: string;
  firstName: string;
}

/** In place of your own user store. */
const accounts: Record<string, Account> = {
  ada: { password: 'correct horse', email: 'ada@example.com', firstName: 'Ada' },
};

/** Answers `/interaction/<uid>`: asks for the password where it is needed, and signs in to Portcullis. */
export function createInteractions(provider: Provider, resource: string, portcullis: Portcullis) {
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { prompt, params, session } = await provider.interactionDetails(request, response);
    const finish = (result: InteractionResults) => provider.interactionFinished(request, response, result);
    const clientId = String(params.client_id);

    // Signed in by cookie, at a client that is new to her: the provider asks for consent alone.
    if (prompt.name === 'consent' && session) {
      return finish(await signIn(session.accountId, clientId));
    }
    if (request.method !== 'POST') return showForm(response);
    const form = await readForm(request);
    const uid = form.get('login') ?? '';
    const account = Object.hasOwn(accounts, uid) ? accounts[uid] : undefined;
    if (account?.password !== form.get('password')) return showForm(response);
    return finish({ ...(await signIn(uid, clientId)), login: { accountId: uid } });
  };

  /** A grant is made and Portcullis asked to open the session of the same id; no session, no grant. */
  async function signIn(uid: string, clientId: string): Promise<InteractionResults> {
    const grant = new provider.Grant({ accountId: uid, clientId });
    grant.addOIDCScope('openid');
    grant.addResourceScope(resource, '');
    const grantId = await grant.save();
    try {
      await portcullis.signIn({
        user: { uid, email: accounts[uid]?.email, firstName: accounts[uid]?.firstName },
        clientId,
        sessionId: grantId,
        expiresAt: new Date(Date.now() + SIGN_IN_TTL_SECONDS * 1000),
      });
      return { consent: { grantId } };
    } catch (error) {
      await grant.destroy();
      return error instanceof Refused && error.code.startsWith('user.')
        ? { error: 'access_denied', error_description: 'The account is closed at the moment.' }
        : { error: 'temporarily_unavailable', error_description: 'Signing in does not work at the moment.' };
    }
  }
}

function showForm(response: ServerResponse): void {
  response.setHeader('Content-Type', 'text/html; charset=utf-8').end(`<!doctype html><title>Sign in</title>
    <form method="post"><input name="login" placeholder="Name"><input name="password" type="password">
    <button>Sign in</button></form>`);
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'));
}
