import type { Attempts } from './attempts';
import type { Claim } from './claim-deliveries';
import { SLOW_AFTER_MS, type Waiting } from './lane';
import type { Slot } from './slots';
import type { Station } from './station';

/** An attempt that is being made. */
export interface Flight {
  station: Station;
  waiting: Waiting;
  hadTurn: boolean;
  slot: Pick<Slot, 'outstay'>;
  /** The receiver has answered: its place is free, though the record has still to be written. */
  free: () => void;
}

/** One attempt from claim to record, with what it teaches about its lane. */
export type Fly = (flight: Flight) => Promise<void>;

export interface FlightOptions<Receiver> {
  attempts: Attempts<Receiver>;
  /** An attempt lasts long: its lane takes from the other allowance from now on. */
  onOutstay: (station: Station) => void;
  /** The database was away: the delivery goes stale, and the relay enqueues it again. */
  onUnclaimed: (error: Error) => void;
}

export function createFlight<Receiver>({ attempts, onOutstay, onUnclaimed }: FlightOptions<Receiver>): Fly {
  const attempt = async ({ station, slot, free }: Flight, claim: Claim<Receiver>): Promise<void> => {
    const { lane } = station;
    lane.perSecond = claim.pace.perSecond;
    let outstayed = false;
    const timer = setTimeout(() => {
      outstayed = true;
      lane.outstayed();
      slot.outstay();
      onOutstay(station);
    }, SLOW_AFTER_MS);
    const finished = await attempts.send(claim);
    clearTimeout(timer);
    lane.answered(finished.tookMs, finished.outcome.kind === 'failed', outstayed);
    station.trim();
    free();
    await attempts.record(finished);
  };

  return async (flight) => {
    const { station, waiting, hadTurn } = flight;
    const outcome = await attempts.claim({ ...waiting, hadTurn }).catch((error: unknown) => {
      onUnclaimed(error as Error);
      return { kind: 'lost' } as const;
    });
    switch (outcome.kind) {
      case 'claimed':
        await attempt(flight, outcome.claim).finally(() =>
          station.finish(waiting, outcome.claim.delivery.event.userId),
        );
        return;
      case 'put off':
      case 'lost':
        station.finish(waiting, null);
        return;
      case 'locked':
        station.holdBack(waiting, null);
        return;
      case 'behind':
        station.holdBack(waiting, { id: outcome.userId, sequence: outcome.sequence });
        return;
      case 'paused':
        station.pause(waiting, outcome.forMs);
        return;
      case 'unpaced':
        station.lane.perSecond = outcome.perSecond;
        station.putFirst(waiting);
    }
  };
}
