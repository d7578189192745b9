import Provider, {
  type Configuration,
  errors,
  interactionPolicy,
  type KoaContextWithOIDC,
} from 'oidc-provider';
import type { Portcullis, PortcullisSession } from './portcullis';

export interface ExampleOptions {
  issuer: string;
  /** The one resource that access tokens are issued for, as JWTs (RFC 9068). */
  resource: string;
  client: { id: string; secret: string; redirectUri: string };
  portcullis: Portcullis;
}

/** How long a sign-in lasts at most: tokens cannot be refreshed beyond it. */
export const SIGN_IN_TTL_SECONDS = 14 * 86_400;

/**
 * oidc-provider with Portcullis behind it. A grant is one sign-in of one user at one client, and its id is the id of
 * the session in Portcullis: so there is nothing to remember beside what the provider remembers anyway.
 */
export function createProvider({ issuer, resource, client, portcullis }: ExampleOptions): Provider {
  const touch = async (grantId: string): Promise<PortcullisSession | null> => {
    try {
      return await portcullis.touch(grantId);
    } catch (error) {
      // Refused for now, and before the refresh token is used up: the client tries again later.
      throw new errors.TemporarilyUnavailable('sign-ins cannot be checked at the moment', String(error));
    }
  };

  const configuration: Configuration = {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        redirect_uris: [client.redirectUri],
        grant_types: ['authorization_code', 'refresh_token'],
      },
    ],
    /** Called with the code or the refresh token before anything is issued: a dead session is `invalid_grant`. */
    async findAccount(_context, uid, token) {
      const claims = () => ({ sub: uid });
      const grantId = token && 'grantId' in token ? token.grantId : undefined;
      if (grantId === undefined) return { accountId: uid, claims };
      const session = await touch(grantId);
      return session ? { accountId: uid, claims, session } : undefined;
    },
    /** What resource servers check: whose session it is, and whether the user's access has ended since. */
    extraTokenClaims(context) {
      const session = context.oidc.account?.session as PortcullisSession | undefined;
      return session && { sid: session.sessionId, epoch: session.epoch };
    },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    interactions: { policy: policyThatAsks(touch), url: (_context, { uid }) => `/interaction/${uid}` },
    features: {
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => resource,
        useGrantedResource: () => true,
        getResourceServerInfo: () => ({ scope: '', audience: resource, accessTokenFormat: 'jwt' }),
      },
    },
    ttl: {
      AccessToken: 300,
      RefreshToken: SIGN_IN_TTL_SECONDS,
      Grant: SIGN_IN_TTL_SECONDS,
      Session: SIGN_IN_TTL_SECONDS,
    },
  };
  return new Provider(issuer, configuration);
}

/** The user who is signed in here already, by her cookie, signs in anew where her session in Portcullis has ended. */
function policyThatAsks(touch: (grantId: string) => Promise<unknown>): interactionPolicy.DefaultPolicy {
  const { Check } = interactionPolicy;
  const policy = interactionPolicy.base();
  policy.get('login')?.checks.add(
    new Check('session_ended', 'the session has ended', async ({ oidc }: KoaContextWithOIDC) => {
      const grantId = oidc.result?.consent?.grantId ?? oidc.session?.grantIdFor(oidc.client?.clientId ?? '');
      const ended = grantId !== undefined && (await touch(grantId)) === null;
      return ended ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT;
    }),
  );
  return policy;
}
