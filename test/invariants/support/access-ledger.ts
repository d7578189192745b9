/** When a call was sent and when its answer came, in milliseconds of one clock. */
export interface Span {
  sentAt: number;
  /** Infinity where nobody knows what came of it. */
  answeredAt: number;
}

/** A call that ends access: of a user, or of one session. Letting her back in ends what was made before, too (I2). */
export interface Ending extends Span {
  does: 'block' | 'unblock' | 'revoke';
  /** The one session that ends; absent where all access does. */
  sid?: string;
  /** The user's from then on, where the answer tells it. */
  epoch?: number;
  /** When a block runs out by itself, by the same clock. */
  until?: number;
}

/** Somebody asked whether a credential is good, or for a new one. */
export interface Use extends Span {
  asks: 'sign-in' | 'touch' | 'introspection' | 'guard';
  /** Of a sign-in that was accepted, the one that it made. */
  sid: string;
  accepted: boolean;
  /** As the answer says it, where it does. */
  epoch?: number;
}

/** What the calls about one user were answered. */
export interface AccessLedger {
  endings: Ending[];
  uses: Use[];
}

/** The clocks of database and test are one machine's; so far apart they may be read. */
const CLOCK_MARGIN_MS = 50;

/** Every use that contradicts the answers which stood when it was sent, in words (I1, I2). */
export function violationsOf({ endings, uses }: AccessLedger, leaseMs: number): string[] {
  const made = new Map(uses.filter(isSignIn).map((use) => [use.sid, use]));
  const releases = releasesOf(endings);
  const refused = firstRefusals(uses);
  return uses
    .filter(({ accepted }) => accepted)
    .flatMap((use) => {
      // A guard knows an end of access after its lease at the latest.
      const knownBy = use.asks === 'guard' ? use.sentAt - leaseMs : use.sentAt;
      const session = made.get(use.sid);
      const found: string[] = [];
      if (use.asks !== 'guard' && isBlockedDuring(use, endings, releases))
        found.push('while she was blocked');
      const over = endings.filter(({ answeredAt }) => answeredAt < knownBy);
      if (session && over.some((ending) => kills(ending, session)))
        found.push('with what was revoked before');
      if ((refused.get(use.sid) ?? Infinity) < knownBy) found.push('with what had been refused before');
      if (use.epoch !== undefined && session?.epoch !== use.epoch) found.push('under another epoch');
      return found.map((how) => `${use.asks} of ${use.sid}, sent at ${use.sentAt}, was accepted ${how}`);
    });
}

const isSignIn = ({ asks, accepted }: Use): boolean => asks === 'sign-in' && accepted;

/** Certainly ends the session: it was there before, or it is of an older epoch. */
const kills = (ending: Ending, session: Use): boolean =>
  ending.sid === undefined
    ? ending.sentAt > session.answeredAt || (session.epoch ?? Infinity) < (ending.epoch ?? -Infinity)
    : ending.sid === session.sid;

/** Some block was answered before, and nothing that may have come after it can have let her back in. */
const isBlockedDuring = (use: Use, endings: readonly Ending[], releases: readonly Span[]): boolean =>
  endings.some(
    (block) =>
      block.does === 'block' &&
      block.answeredAt < use.sentAt &&
      !releases.some(({ sentAt, answeredAt }) => answeredAt > block.sentAt && sentAt < use.answeredAt),
  );

/** Unblocks, and the ends of blocks that ran out and were not certainly replaced before. */
function releasesOf(endings: readonly Ending[]): Span[] {
  const changes = endings.filter(({ does }) => does !== 'revoke');
  const runOut = changes.flatMap(({ until, answeredAt }): Span[] => {
    if (until === undefined) return [];
    const end = { sentAt: until - CLOCK_MARGIN_MS, answeredAt: until + CLOCK_MARGIN_MS };
    const replaced = changes.some((next) => next.sentAt > answeredAt && next.answeredAt < end.sentAt);
    return replaced ? [] : [end];
  });
  return [...changes.filter(({ does }) => does === 'unblock'), ...runOut];
}

/** By session: since when it is known to be dead, because somebody was told so. */
function firstRefusals(uses: readonly Use[]): ReadonlyMap<string, number> {
  const first = new Map<string, number>();
  for (const { asks, accepted, sid, answeredAt } of uses) {
    if (accepted || asks === 'sign-in' || asks === 'guard') continue;
    first.set(sid, Math.min(answeredAt, first.get(sid) ?? Infinity));
  }
  return first;
}
