const FIRST_SIZE = 1_024;
/** A Map that grows moves all that it holds: a quarter of a second for a million, in which no request is served. */
const SHARDS = 64;
/** Forgotten in one go; more would be felt by requests. */
const FORGOTTEN_AT_ONCE = 20_000;
/** What was deleted leaves holes that a walk passes, so walks are rare: a thousandth of what an entry lives. */
const WALKS_IN_A_LIFE = 1_000;

/**
 * Keys with two numbers each, for as long as they matter; of each shard in the order in which they came. The numbers stand in typed arrays:
 * an object for each key would double what a million of them take.
 */
export class ExpiringTable {
  private readonly shards = Array.from({ length: SHARDS }, () => new Map<string, number>());
  private readonly free: number[] = [];
  private epochs = new Float64Array(FIRST_SIZE);
  private times = new Float64Array(FIRST_SIZE);
  private used = 0;
  private count = 0;
  private nextWalkAt = Number.NEGATIVE_INFINITY;

  get size(): number {
    return this.count;
  }

  has(key: string): boolean {
    return this.shardOf(key).has(key);
  }

  /** A number for `epochAt` and `timeAt`, good until the table changes. */
  slotOf(key: string): number | undefined {
    return this.shardOf(key).get(key);
  }

  epochAt(slot: number): number {
    return this.epochs[slot] ?? Number.NaN;
  }

  timeAt(slot: number): number {
    return this.times[slot] ?? Number.NaN;
  }

  /** Keeps the highest of either number. @returns whether that changed anything */
  raise(key: string, epoch: number, time: number): boolean {
    const shard = this.shardOf(key);
    const slot = shard.get(key);
    if (slot === undefined) {
      const fresh = this.free.pop() ?? this.newSlot();
      shard.set(key, fresh);
      this.count++;
      this.write(fresh, epoch, time);
      return true;
    }
    const highest = Math.max(epoch, this.epochAt(slot));
    const latest = Math.max(time, this.timeAt(slot));
    if (highest === this.epochAt(slot) && latest === this.timeAt(slot)) return false;
    // To the end: the oldest are looked for at the beginning.
    shard.delete(key);
    shard.set(key, slot);
    this.write(slot, highest, latest);
    return true;
  }

  /**
   * Forgets from the beginning what is at least `lifetimeMs` old, a bounded number at once.
   * @param now milliseconds, as the times are
   * @returns the latest time that was forgotten
   */
  forget(now: number, lifetimeMs: number): number {
    let latest = Number.NEGATIVE_INFINITY;
    // Compared by distance as well, for a clock that was set back.
    if (now < this.nextWalkAt && this.nextWalkAt - now <= lifetimeMs) return latest;
    let left = FORGOTTEN_AT_ONCE;
    for (const shard of this.shards) {
      for (const [key, slot] of shard) {
        const time = this.timeAt(slot);
        if (time + lifetimeMs > now || left-- <= 0) break;
        shard.delete(key);
        this.count--;
        this.free.push(slot);
        latest = Math.max(latest, time);
      }
    }
    this.nextWalkAt = left < 0 ? now : now + lifetimeMs / WALKS_IN_A_LIFE;
    return latest;
  }

  private shardOf(key: string): Map<string, number> {
    let hash = 0;
    for (let at = 0; at < key.length; at++) hash = (Math.imul(hash, 31) + key.charCodeAt(at)) | 0;
    return this.shards[(hash >>> 0) % SHARDS] as Map<string, number>;
  }

  private write(slot: number, epoch: number, time: number): void {
    this.epochs[slot] = epoch;
    this.times[slot] = time;
  }

  private newSlot(): number {
    if (this.used === this.epochs.length) {
      this.epochs = doubled(this.epochs);
      this.times = doubled(this.times);
    }
    return this.used++;
  }
}

function doubled(numbers: Float64Array): Float64Array<ArrayBuffer> {
  const larger = new Float64Array(numbers.length * 2);
  larger.set(numbers);
  return larger;
}
