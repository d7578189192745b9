import type { Row } from '../database/engines/engine';
import type { Statement } from '../database/sql';
import type { Transaction } from '../database/transaction';
import type { QueueName } from '../queues/queues';
import type { EventType } from './catalogue';

export type ChannelName = 'webhook' | 'email' | 'security_event' | 'logout';

/** An event that is about to be written, as a channel sees it when it says whom to tell. */
export interface EventDraft {
  id: string;
  type: EventType;
  /** Whom it is about; null where it is about no user. */
  user: { id: number; uid: string; email: string | null } | null;
  /** Another user whom its data names: it loses its content with her erasure, too. */
  otherUserId?: number;
  /** Who is mailed where it is about no user: a stable word without personal data, and the address. */
  contact?: { target: string; email: string };
  /** The security event stream that it is about, and that alone is told. */
  stream?: Target;
  /** The session that it is about, where it is about one. */
  session?: { sid: string; clientId: string };
  /** Of an event that lifts one reason for being shut out: another is left. */
  staysShut?: boolean;
  /** What the caller's flags asked for: of the channels that are not always told nobody else is (I4). */
  askedFor: ReadonlySet<ChannelName>;
}

/** Whom a channel tells. */
export interface Target {
  /** Unique, and a stable word without personal data. */
  target: string;
  /**
   * `skipped`: it is disabled; nothing is sent until somebody recovers what it missed. `held`: it fetches what it is
   * owed, or has paused.
   */
  state: 'pending' | 'skipped' | 'held';
  /** What sending takes and no row tells by then: stands encrypted, until the delivery is finished; 1,400 characters at most. */
  recipient?: string | null;
}

/**
 * A way to tell somebody about an event. Choosing the receivers is split in a statement and a pure function, so
 * that the statement travels with the others of the transaction and costs no round trip of its own.
 */
export interface Channel {
  readonly name: ChannelName;
  /** The queue whose worker sends for this channel. */
  readonly queue: QueueName;
  /** Whether it is told whatever the caller's flags say: who enforces the end of access must know of it (I4). */
  readonly always: boolean;
  /** Read in the event's transaction, for events about these users; null where the draft alone decides. */
  candidates(userIds: readonly number[]): Statement | null;
  /** The targets among the candidates. */
  targets(event: EventDraft, candidates: readonly Row[]): Target[];
}

/** A delivery that a transaction writes. */
export interface PlannedDelivery {
  id: string;
  eventId: string;
  userId: number | null;
  channel: ChannelName;
  queue: QueueName;
  target: string;
  state: Target['state'];
  recipient: string | null;
  eventType: EventType;
  /** The event's place among those of its user; null where it is about none. */
  sequence: number | null;
  createdAt: Date;
}

/** A delivery that this worker holds, with all that is needed to send it. */
export interface ClaimedDelivery {
  id: string;
  target: string;
  /** From 1. */
  attempt: number;
  event: { id: string; type: EventType; userId: number | null; payload: string; occurredAt: Date };
  /** What was kept for the sending, encrypted: the address that the event has taken out of the user's row (`delivery-recipient.ts`). */
  recipient: string | null;
}

/** Where an attempt went wrong, for people and metrics. */
export type ErrorKind =
  /** The receiver answered, and refused. */
  | 'answer'
  | 'timeout'
  /** The name does not resolve. */
  | 'name'
  | 'connection'
  | 'tls'
  /** The address is one that nothing is sent to. */
  | 'address'
  /** There is nobody to send to. */
  | 'receiver'
  /** A fault of ours. */
  | 'internal';

/** What came of one attempt; `decideNext` says what follows from it. */
export interface AttemptOutcome {
  /**
   * `refused`: the receiver will never take it; `gone`: there is no such receiver any more; `skipped`: it is disabled,
   * and nothing was sent; `held`: nothing was sent, but it waits until the receiver goes on.
   */
  kind: 'succeeded' | 'failed' | 'refused' | 'gone' | 'skipped' | 'held';
  /** HTTP status or SMTP reply code. */
  statusCode: number | null;
  /** Where it went wrong; null where it did not. */
  errorKind: ErrorKind | null;
  /** In words, without secrets, addresses or personal data. */
  error: string | null;
  /** The beginning of the answer, at most 1,000 characters. */
  response: string | null;
  /** What was sent besides the body, without secrets; null where nothing was. */
  requestHeaders: Readonly<Record<string, string>> | null;
  /** Seconds that the receiver asked us to stay away. */
  retryAfterSeconds?: number;
}

/** What follows from an attempt: the delivery is over, or is tried again. */
export type Next =
  { state: 'delivered' | 'dead' | 'cancelled' | 'skipped' | 'held' } | { state: 'pending'; delayMs: number };

/** How fast a receiver may be sent to. */
export interface Pace {
  /** Attempts a second, at most; null for as many as it answers. */
  perSecond: number | null;
  /** Nothing is sent before. */
  notBefore: Date | null;
}

/** An attempt that was made. */
export interface MadeAttempt<Receiver = unknown> {
  delivery: ClaimedDelivery;
  receiver: Receiver | undefined;
  outcome: AttemptOutcome;
  next: Next;
  startedAt: Date;
}

/** The sending half of a channel, which lives in the worker. */
export interface Sender<Receiver = unknown> {
  /**
   * Whether what is owed about one user stays in order over retries, too, each behind those before it; where absent, the
   * first attempts alone are made in order.
   */
  readonly keepsOrder?: boolean;
  /** Read in the script of the claim: what sending to these targets takes. Null where nothing is read. */
  selectReceivers(targets: readonly string[]): Statement | null;
  /** By target; who has no entry is gone. */
  readReceivers(rows: readonly Row[]): ReadonlyMap<string, Receiver>;
  paceOf(receiver: Receiver | undefined): Pace;
  /** The longest that one attempt takes, in milliseconds: its lease outlasts it. */
  limitMsOf(receiver: Receiver | undefined): number;
  /** One attempt; answers an outcome for everything that it can foresee. */
  send(delivery: ClaimedDelivery, receiver: Receiver | undefined): Promise<AttemptOutcome>;
  /**
   * What the attempts say about their receivers, written in the transaction that records them. Answers the deliveries
   * of the events that it made, which are handed over after the commit.
   */
  record?(tx: Transaction, attempts: readonly MadeAttempt<Receiver>[]): Promise<readonly PlannedDelivery[]>;
}
