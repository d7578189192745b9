import { LOCK_WAIT_SECONDS } from './engines/engine';
import { EngineFragment, sql, type Statement } from './sql';

/** What a unit of work claims before it does anything else: the key of a request that must not run twice. */
export interface Claim {
  /** Asked once a run. */
  claim(): Statement;
}

/**
 * What a unit of work writes beside its change, so that a repeated request gets the answer of the first: the claim
 * first of all, the answer last of all, both in the transaction of the change. A crash leaves neither.
 */
export interface Keep<T> extends Claim {
  /** Puts the answer to `value` beside the claim. */
  kept(value: T): Statement;
  /** Takes the claim back, where a transaction commits the changes of others without this one. */
  release(): Statement;
}

/** The unique key by which a claim finds that it is not the first. */
export const CLAIM_KEY = 'idempotency_keys_key';

/**
 * Somebody else has claimed the key: it is `taken`, and an answer stands beside it, or another process is still
 * `running` the request. The transaction was rolled back.
 */
export class KeyClaimedError extends Error {
  constructor(
    readonly by: 'taken' | 'running',
    cause: unknown,
  ) {
    super(`the idempotency key is ${by}`, { cause });
    this.name = 'KeyClaimedError';
  }
}

/** How long a claim waits for a transaction that has claimed the same key: whoever repeats a call is told to come back. */
const CLAIM_WAIT_MS = 1_000;

/** Next to nothing, and more than PostgreSQL takes to make a table larger, for which it locks, too. */
const NO_WAIT_MS = 50;

/**
 * The statements that claim. They wait for other locks as long as is usual, and for each other shorter; MySQL keeps
 * the short wait where one of them fails, so `ScriptConnection.forgetSettings` has to follow.
 */
export function claimStatements(claims: readonly Claim[], wait: boolean): Statement[] {
  if (claims.length === 0) return [];
  return [
    sql`SET ${lockWait(wait ? CLAIM_WAIT_MS : NO_WAIT_MS)}`,
    ...claims.map((one) => one.claim()),
    sql`SET ${lockWait(LOCK_WAIT_SECONDS * 1000)}`,
  ];
}

/** MySQL knows whole seconds, and makes one of 0; MariaDB does not wait then. */
const lockWait = (ms: number): EngineFragment =>
  new EngineFragment({
    mysql: () => `SESSION innodb_lock_wait_timeout = ${Math.floor(ms / 1000)}`,
    postgres: () => `LOCAL lock_timeout = ${ms}`,
  });
