import type { RequestListener } from 'node:http';
import type { Configuration, errors as ProviderErrors, KoaContextWithOIDC } from 'oidc-provider';
import { type LocalServer, serveLocally } from './http-server';
import type { LocalClients, LocalSecrets } from './secrets';

export interface TokenIssuer extends LocalServer {
  issuer: string;
  tokenUrl: string;
  /** Where the extra handler answers POST. */
  userTokenUrl: string;
}

export interface TokenIssuerOptions {
  secrets: Pick<LocalSecrets, 'signingKey' | 'clients'>;
  /** The one resource that tokens are issued for. */
  audience: string;
  /** Answers `POST userTokenUrl`, which is no part of OAuth. */
  userTokens(issuer: TokenAddresses): RequestListener;
}

export type TokenAddresses = Pick<TokenIssuer, 'issuer' | 'tokenUrl'>;

/** Paths as Guardhouse has them. */
const TOKEN_PATH = '/connect/token';
const USER_TOKEN_PATH = '/connect/user-token';
const TOKEN_LIFETIME_SECONDS = 3_600;

type OidcProvider = typeof import('oidc-provider');

/**
 * An OpenID provider for this machine: client credentials for JWT access tokens (RFC 9068), keys and metadata. The
 * audience may be named as `resource` (RFC 8707), as `audience`, or be left out.
 */
export async function startTokenIssuer(options: TokenIssuerOptions): Promise<TokenIssuer> {
  const library = await importQuietly();
  const server = await serveLocally((issuer) => {
    const provider = new library.Provider(issuer, configure(options, library.errors));
    const answerToken = provider.callback();
    const answerUserToken = options.userTokens({ issuer, tokenUrl: `${issuer}${TOKEN_PATH}` });
    return (request, response) => {
      if (request.url === USER_TOKEN_PATH) answerUserToken(request, response);
      else void answerToken(request, response);
    };
  });
  const issuer = server.origin;
  return {
    ...server,
    issuer,
    tokenUrl: `${issuer}${TOKEN_PATH}`,
    userTokenUrl: `${issuer}${USER_TOKEN_PATH}`,
  };
}

/** On Node 20 the library warns, on being loaded, that it prefers 22; our tests show that what we use works there. */
async function importQuietly(): Promise<OidcProvider> {
  const { warn } = console;
  console.warn = () => undefined;
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}

function configure({ secrets, audience }: TokenIssuerOptions, errors: typeof ProviderErrors): Configuration {
  return {
    adapter: NothingStored,
    clients: Object.values(secrets.clients).map(({ clientId, clientSecret, scope }) => ({
      client_id: clientId,
      client_secret: clientSecret,
      scope,
      token_endpoint_auth_method: 'client_secret_basic',
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: [],
    })),
    clientAuthMethods: ['client_secret_basic'],
    scopes: [...scopesOf(secrets.clients)],
    jwks: { keys: [secrets.signingKey] },
    ttl: { ClientCredentials: TOKEN_LIFETIME_SECONDS },
    routes: { token: TOKEN_PATH, jwks: '/.well-known/jwks' },
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      rpInitiatedLogout: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        defaultResource: (context) => askedAudience(context) ?? audience,
        getResourceServerInfo: (context, resource, client) => {
          if (resource !== audience) throw new errors.InvalidTarget(`tokens are issued for ${audience} only`);
          // RFC 6749, section 3.3: who names no scope gets a default, here all that the client has.
          if (context.oidc.params && !context.oidc.params.scope) context.oidc.params.scope = client.scope;
          return {
            scope: [...scopesOf(secrets.clients)].join(' '),
            audience,
            accessTokenTTL: TOKEN_LIFETIME_SECONDS,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'RS256' } },
          };
        },
      },
    },
  };
}

/** The library passes on no parameter that it does not know; Guardhouse's clients send this one. */
function askedAudience(context: KoaContextWithOIDC): string | undefined {
  const audience: unknown = context.oidc.body?.audience;
  return typeof audience === 'string' && audience !== '' ? audience : undefined;
}

const scopesOf = (clients: LocalClients): Set<string> =>
  new Set(Object.values(clients).flatMap(({ scope }) => scope.split(' ')));

/** Clients are configured and tokens are JWTs: there is nothing to keep, and nothing to find. */
class NothingStored {
  upsert = () => Promise.resolve(undefined);
  find = () => Promise.resolve(undefined);
  findByUserCode = () => Promise.resolve(undefined);
  findByUid = () => Promise.resolve(undefined);
  consume = () => Promise.resolve(undefined);
  destroy = () => Promise.resolve(undefined);
  revokeByGrantId = () => Promise.resolve(undefined);
}
