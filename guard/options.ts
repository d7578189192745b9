import type { Clock } from './clock';
import type { ClientCredentials } from './credentials';
import type { GuardEvent } from './events';
import type { Fetch } from './request';

/** What a resource server says about itself. README.md has it as a table. */
export interface GuardOptions {
  /** `iss` of the access tokens. */
  issuer: string;
  /** `aud` of the access tokens; one of several is enough. */
  audience: string | string[];
  /** Where the issuer's keys are, or the keys themselves. Default: as the issuer's metadata says. */
  jwks?: string | URL | { keys: object[] };
  /** Where Portcullis' API is. */
  api: string | URL;
  /** An access token for Portcullis with the scope `revocations:read`: how to get one, or a function that does. */
  token: ClientCredentials | (() => Promise<string>);
  /** Names this process to Portcullis: 1 to 100 printable ASCII characters. Default: host, process and something random. */
  instance?: string;
  /** Milliseconds, 100 to 60,000: for so long the guard trusts what it knows. Default 5,000. */
  leaseMs?: number;
  /** Seconds; tokens that live longer are refused. Default, and at most: as Portcullis says. */
  maxTokenLifetime?: number;
  /** Seconds by which clocks may differ, 0 to 60. Default, and at least: as Portcullis says. */
  clockSkew?: number;
  /** The claim that holds the epoch. Default `epoch`. */
  epochClaim?: string;
  /** Accepted `typ` headers. Default `at+jwt`. */
  tokenTypes?: readonly string[];
  /** So many are remembered at most; the guard refuses where there are more. Default 2,000,000. */
  maxRevocations?: number;
  /** What becomes of a request while the guard has no lease. Default `refuse`. */
  whenStale?: 'refuse' | 'introspect';
  /** For `introspect`. Default: that of Portcullis. */
  introspectionUrl?: string | URL;
  /** Told what happens; see GuardEvent. Default: what fails is a warning of the process, once each. */
  onEvent?: (event: GuardEvent) => void;
  /** In place of Node's own, for a proxy or a private certificate authority. */
  fetch?: Fetch;
  /** For tests. */
  clock?: Clock;
}
