import { CliError } from './cli-error';
import type { Settings } from './settings';

type OidcClient = typeof import('openid-client');

export interface AccessToken {
  value: string;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** Where the issuer does not say how long its token lives (RFC 6749, section 5.1 only recommends that it does). */
const UNSTATED_LIFETIME_SECONDS = 60;

/**
 * Gets an access token by the client-credentials grant (RFC 6749, section 4.4).
 * @throws `unauthenticated` where the issuer refuses the client, `unavailable` where it does not answer
 */
export async function requestToken(settings: Settings): Promise<AccessToken> {
  const { issuer, audience, scope } = settings;
  // Only who needs a token pays for loading the library.
  const oidc = await import('openid-client');
  try {
    const configuration = await discover(oidc, settings);
    const parameters = { ...(audience ? { audience } : {}), ...(scope ? { scope } : {}) };
    const answer = await oidc.clientCredentialsGrant(configuration, parameters);
    const lifetimeSeconds = answer.expiresIn() ?? UNSTATED_LIFETIME_SECONDS;
    return { value: answer.access_token, expiresAt: Date.now() + lifetimeSeconds * 1000 };
  } catch (error) {
    throw error instanceof CliError ? error : inWords(oidc, error, issuer);
  }
}

async function discover(oidc: OidcClient, { issuer, clientId, clientSecret }: Settings) {
  if (!URL.canParse(issuer)) throw new CliError('usage', `The issuer ${issuer} is not an address.`);
  const server = new URL(issuer);
  const execute = server.protocol === 'http:' && isThisMachine(server) ? [oidc.allowInsecureRequests] : [];
  if (server.protocol !== 'https:' && execute.length === 0) {
    throw new CliError('usage', `The secret goes to the issuer, so ${issuer} must be an https address.`);
  }
  const found = await oidc.discovery(server, clientId, undefined, oidc.None(), { execute });
  // RFC 8414, section 2: who lists no methods takes client_secret_basic.
  const { token_endpoint_auth_methods_supported: methods = ['client_secret_basic'] } = found.serverMetadata();
  const authentication = methods.includes('client_secret_basic')
    ? oidc.ClientSecretBasic(clientSecret)
    : oidc.ClientSecretPost(clientSecret);
  const configuration = new oidc.Configuration(found.serverMetadata(), clientId, undefined, authentication);
  execute.forEach((allow) => allow(configuration));
  return configuration;
}

const isThisMachine = ({ hostname }: URL): boolean => ['localhost', '127.0.0.1', '[::1]'].includes(hostname);

function inWords(oidc: OidcClient, error: unknown, issuer: string): CliError {
  if (error instanceof oidc.ResponseBodyError) {
    const more = error.error_description === undefined ? '' : `: ${error.error_description}`;
    return new CliError('unauthenticated', `The issuer refuses: ${error.error}${more}`, error.error);
  }
  if (error instanceof oidc.WWWAuthenticateChallengeError) {
    return new CliError('unauthenticated', 'The issuer refuses the client. Check its id and secret.');
  }
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  if (error instanceof oidc.ClientError && code !== 'OAUTH_TIMEOUT') {
    return new CliError('failure', `${issuer} does not answer as an OpenID issuer does: ${error.message}.`);
  }
  const why = cause?.code ?? code ?? (error as Error).message;
  return new CliError('unavailable', `The issuer ${issuer} does not answer (${why}).`);
}
