import type { BenchProcess } from '../processes';
import { progress } from '../progress';
import { type Fleet, lastPassOf, startFleet } from './fleet';
import { openMachineWatch, processors } from './machine-watch';
import { type End, type ServersSetup, sharedNow } from './messages';
import { block, type Stage } from './stage';

/** Some resource servers, a number of blocks, and what happens beside. */
export interface Part {
  name: string;
  /** By what the report calls them. */
  fleets: Record<string, ServersSetup[]>;
  blocks: number;
  /** Of the users' tokens. */
  lifetimeSeconds?: number;
  /** Through which API this block is sent. */
  through(index: number): BenchProcess;
  /** All let the user through; the block has not been sent. */
  before?(): Promise<void> | void;
  /** The block was answered. */
  after?(): Promise<void> | void;
  /** Nobody lets her through any more. */
  settled?(): Promise<void> | void;
  /** Whether a token that was refused may be asked about again; one that has expired is no proof. */
  triesAgain?: boolean;
}

/** What came of one fleet in one part. */
export interface PartResult {
  name: string;
  servers: number;
  /** Milliseconds from the sending of each block to the last request that any server let through. */
  fromSending: number[];
  /** The same from its answer. */
  fromAnswer: number[];
  /** Requests that all servers together let through, until she was out. */
  passesPerSecond: number;
  /** 0 to 1, of all processors: what the resource servers took, and whoever. */
  serversShare: number;
  machineShare: number;
  /** How often a server let a token through again that it had refused. */
  resurrections: number;
}

const LIFETIME_SECONDS = 600;
/** Of the last users so many are tried again. */
const TRIED_AGAIN = 20;

/** @returns a result for each fleet */
export async function runPart(stage: Stage, part: Part): Promise<PartResult[]> {
  progress(`${part.name}: starting resource servers`);
  const names = Object.keys(part.fleets);
  const fleets: Fleet[] = [];
  try {
    for (const setups of Object.values(part.fleets)) fleets.push(await startFleet(setups));
    const watch = openMachineWatch();
    const tokens: string[] = [];
    const samples: Sample[][] = fleets.map(() => []);
    for (let index = 0; index < part.blocks; index++) {
      if (performance.now() > stage.until)
        throw new Error(`${part.name}: the proof takes longer than it may`);
      progress(`${part.name}: block ${index + 1} of ${part.blocks}`);
      const { token, ofFleets } = await measureBlock(stage, part, fleets, index);
      tokens.push(token);
      ofFleets.forEach((sample, fleet) => samples[fleet]?.push(sample));
      await part.settled?.();
    }
    const machineShare = watch.share();
    const again = part.triesAgain === false ? [] : tokens.slice(-TRIED_AGAIN);
    return await Promise.all(
      fleets.map(async (fleet, index) => ({
        ...summaryOf(samples[index] ?? []),
        name: names[index] ?? part.name,
        servers: fleet.servers,
        machineShare,
        resurrections: await fleet.tryAgain(again),
      })),
    );
  } finally {
    await Promise.all(fleets.map((fleet) => fleet.stop()));
  }
}

interface Sample {
  fromSending: number;
  fromAnswer: number;
  ends: End[];
}

/** A fresh user whose token all servers let through is blocked. */
async function measureBlock(
  stage: Stage,
  part: Part,
  fleets: readonly Fleet[],
  index: number,
): Promise<{ token: string; ofFleets: Sample[] }> {
  const { issuer } = stage;
  const user = stage.nextUser();
  // Made only now: what the servers need to recover must not take its time.
  const claims = { sub: user.uid, epoch: 1, client_id: 'web' };
  const token = await issuer.sign(claims, `${part.lifetimeSeconds ?? LIFETIME_SECONDS}s`);
  await Promise.all(fleets.map((fleet) => fleet.watch({ user: user.id, token })));
  await part.before?.();
  const sentAt = sharedNow();
  await block(part.through(index), issuer, user);
  const answeredAt = sharedNow();
  await part.after?.();
  const ofFleets = await Promise.all(
    fleets.map(async (fleet) => {
      const ends = await fleet.ended(user.id);
      const lastPassAt = lastPassOf(ends);
      return { fromSending: lastPassAt - sentAt, fromAnswer: lastPassAt - answeredAt, ends };
    }),
  );
  return { token, ofFleets };
}

function summaryOf(samples: readonly Sample[]) {
  const ends = samples.flatMap((sample) => sample.ends);
  const mean = (of: (end: End) => number): number =>
    ends.reduce((sum, end) => sum + of(end), 0) / Math.max(1, samples.length);
  // The processes of a fleet run at the same time.
  const processes = ends.length / Math.max(1, samples.length);
  return {
    fromSending: samples.map(({ fromSending }) => fromSending),
    fromAnswer: samples.map(({ fromAnswer }) => fromAnswer),
    passesPerSecond: mean((end) => (1000 * end.passes) / (end.lastPassAt - end.watchedAt)),
    serversShare:
      mean((end) => end.cpuMs) / (mean((end) => end.endedAt - end.watchedAt) / processes) / processors,
  };
}
