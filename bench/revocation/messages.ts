/**
 * Milliseconds by a clock that all processes of this machine share (CLOCK_MONOTONIC on Linux): what one process saw
 * last can be compared with what another was answered.
 */
export const sharedNow = (): number => Number(process.hrtime.bigint()) / 1e6;

/** How a resource server decides whether to let a token through. */
export type Way = 'guard' | 'jwt' | 'introspection' | 'cached introspection';

/** What each process of resource servers is started with. */
export interface ServersSetup {
  way: Way;
  /** Resource servers in this process, each with a loop of its own. */
  servers: number;
  /** Milliseconds between two requests; 0 is a tight loop that yields to the event loop. */
  pauseMs: number;
  api: string;
  issuer: string;
  audience: string;
  /** For Portcullis. */
  clientToken: string;
  leaseMs: number;
}

/** A user's token and the user, by a number. */
export interface Watched {
  user: number;
  token: string;
}

export type ToServers =
  /** All send requests with this token from now on. */
  | ({ do: 'watch' } & Watched)
  /** Say when all have refused it for a while. */
  | { do: 'tell the end' }
  /** Whether any of these passes anywhere. */
  | { do: 'try again'; tokens: string[] };

export type FromServers =
  | { says: 'ready' }
  /** Every server has let it through. */
  | { says: 'passing'; user: number }
  | { says: 'ended'; user: number; end: End }
  | { says: 'tried again'; passed: number };

export interface End {
  /** The moment of the last verdict that let the user through, by the shared clock. */
  lastPassAt: number;
  /** How many requests all servers of the process let through, and from when on. */
  passes: number;
  watchedAt: number;
  /** What the process took of the processor since then, in milliseconds. */
  cpuMs: number;
  endedAt: number;
}
