import type { FeedAnswer } from './feed-answer';

/** As Portcullis has it where nothing is set; used until the feed says more. */
const DEFAULT_CLOCK_SKEW_SECONDS = 5;

/**
 * How long tokens may live, and how far clocks may differ: as the feed says, or as the options do. A longer life counts only
 * once the feed was read from its beginning with it, since what is older than the shorter one was never told or is forgotten.
 */
export class Limits {
  /** Tokens that live longer are refused; without end until the feed was heard. */
  maxTokenLifetimeSeconds: number;
  clockSkewSeconds: number;
  /** The shortest life that was told since the feed was begun; null before its first answer. */
  private sinceBeginning: number | null = null;

  /** @param own what the options say, in seconds: a life that may only shorten the feed's, a skew that may only widen it */
  constructor(private readonly own: { maxTokenLifetime?: number; clockSkew?: number }) {
    this.maxTokenLifetimeSeconds = own.maxTokenLifetime ?? Number.POSITIVE_INFINITY;
    this.clockSkewSeconds = own.clockSkew ?? DEFAULT_CLOCK_SKEW_SECONDS;
  }

  /** The next answer is the first of the feed. */
  begin(): void {
    this.sinceBeginning = null;
  }

  /** @returns whether the feed has to be read from its beginning, because tokens may live longer now */
  learn({ more, ...answer }: FeedAnswer): boolean {
    const told = Math.min(
      answer.maxTokenLifetimeSeconds,
      this.own.maxTokenLifetime ?? Number.POSITIVE_INFINITY,
    );
    const before = this.sinceBeginning ?? told;
    // A narrower one would let tokens pass that introspection knows to be dead.
    this.clockSkewSeconds = Math.max(this.own.clockSkew ?? 0, answer.clockSkewSeconds);
    this.sinceBeginning = Math.min(before, told);
    this.maxTokenLifetimeSeconds = more ? Math.min(this.maxTokenLifetimeSeconds, told) : this.sinceBeginning;
    return told > before;
  }

  /** For how long ends of access are remembered, in seconds: for the life that is being read for, too. */
  get rememberedSeconds(): number {
    return Math.max(this.maxTokenLifetimeSeconds, this.sinceBeginning ?? 0);
  }
}
