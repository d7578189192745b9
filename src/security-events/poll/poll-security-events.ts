import type { Database } from '../../database/database';
import { EVENT_TYPES, type EventType } from '../../events/catalogue';
import { createPlaces } from '../../http/rate-limits/places';
import type { SigningKeys } from '../../signing-keys/signing-keys';
import type { Wakeups } from '../../wakeups/wakeups';
import { eventUri } from '../security-event-types';
import { securityEventClaims, TOKEN_TYPE, type Transmitter } from '../security-event-token';
import { streamDisabled } from '../security-events.errors';
import { acknowledge, type Acknowledgements } from './acknowledge';
import { type OwedEvents, readOwed } from './owed-events';
import { findPolledStream, keepPolled, type PolledStream } from './polled-stream';
import { rememberSigned } from './remember-signed';

/** What a receiver asks for (RFC 8936, section 2.2). */
export interface Poll extends Acknowledgements {
  streamId: string;
  clientId: string;
  maxEvents: number;
  returnImmediately: boolean;
}

/** Tokens by `jti` (RFC 8936, section 2.3). */
export interface PolledTokens {
  sets: Record<string, string>;
  moreAvailable: boolean;
}

export interface SecurityEventPolls {
  /**
   * @param gone that nobody waits for the answer any more
   * @throws `stream.not_found`, `stream.disabled`, `rate_limit.exceeded`
   */
  poll(poll: Poll, gone: AbortSignal): Promise<PolledTokens>;
  /** Has all who wait answered at once: the process is about to end. */
  end(): void;
}

export interface PollOptions {
  database: Database;
  wakeups: Wakeups;
  signingKeys: Pick<SigningKeys, 'sign' | 'currentKid'>;
  transmitter: Transmitter;
}

/** What usual proxies let pass (RFC 8936, section 2.5, leaves it to us), in milliseconds. */
const LONGEST_WAIT_MS = 30_000;

/** Each reads the database once a second while it waits. A receiver needs one, and a second while it moves. */
const MOST_POLLS = 4;

/** It is told that it was paused or disabled, and of nothing after that. */
const TOLD: Readonly<Record<PolledStream['status'], readonly EventType[]>> = {
  enabled: EVENT_TYPES.filter((type) => eventUri(type) !== undefined && type !== 'stream.updated'),
  paused: ['stream.updated'],
  disabled: ['stream.updated'],
};

/**
 * Gives a receiver what it is owed, again and again until it has acknowledged it (RFC 8936). Where there is nothing it
 * waits, without a connection to the database, and looks again whenever somebody announces something.
 */
export function createSecurityEventPolls(options: PollOptions): SecurityEventPolls {
  const { database, wakeups, transmitter } = options;
  const sign = rememberSigned(options.signingKeys);
  const { inPlace } = createPlaces(MOST_POLLS, 'polls of this stream');
  const ending = new AbortController();

  const tokensOf = async ({ streamId, clientId }: Poll, { events, more }: OwedEvents) => {
    const tokens = await Promise.all(
      events.map(async (told) => {
        const claims = securityEventClaims(transmitter, { streamId, clientId }, told);
        return claims ? [[told.id, await sign(claims, { typ: TOKEN_TYPE })] as const] : [];
      }),
    );
    return { sets: Object.fromEntries(tokens.flat()), moreAvailable: more };
  };

  /** Looks until there is something, or the time is over. */
  const look = async (poll: Poll, until: number, stop: AbortSignal): Promise<OwedEvents> => {
    for (;;) {
      const leftMs = until - performance.now();
      // Before the read: what is committed after it is announced to us.
      const woken = leftMs > 0 ? wakeups.wait('security-events', leftMs, stop) : null;
      const { status } = await findPolledStream(database, poll);
      const owed = await readOwed(database, poll.streamId, TOLD[status], poll.maxEvents);
      if (owed.events.length > 0) return owed;
      // An empty answer would say that nothing happens.
      if (status === 'disabled' && poll.maxEvents > 0) throw streamDisabled();
      if (woken === null || stop.aborted) return owed;
      await woken;
    }
  };

  const answer = async (poll: Poll, gone: AbortSignal): Promise<PolledTokens> => {
    const stream = await findPolledStream(database, poll);
    const acknowledged = await acknowledge(database, poll.streamId, poll);
    const done = new AbortController();
    const stop = AbortSignal.any([gone, ending.signal, done.signal]);
    const waitMs = poll.returnImmediately || poll.maxEvents === 0 ? 0 : LONGEST_WAIT_MS;
    try {
      const owed = await look(poll, performance.now() + waitMs, stop);
      // Who takes what it is owed and acknowledges none of it is as good as away.
      const isThere = acknowledged > 0 || (poll.maxEvents > 0 && owed.events.length === 0);
      if (isThere) await keepPolled(database, stream);
      return await tokensOf(poll, owed);
    } finally {
      done.abort();
    }
  };

  return {
    // By client, which has one stream at most: what it says of streams is not known to be true yet.
    poll: (poll, gone) => inPlace(poll.clientId, () => answer(poll, gone)),
    end: () => ending.abort(),
  };
}
