import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { DeliveryJob } from '../../queues/queues';
import { logSparsely } from '../../queues/log-sparsely';
import type { Attempts } from './attempts';
import type { FetchBacklog } from './backlog-walk';
import { createFlight } from './flight';
import type { Waiting } from './lane';
import type { Parking } from './parking';
import { createSlots, type Pool, POOLS } from './slots';
import { createStation, type Station } from './station';
import type { Turns } from './turns';

export interface DispatcherOptions<Receiver> {
  attempts: Attempts<Receiver>;
  parking: Parking;
  /** Where a lane is one target; null where what is parked waits for the relay. */
  fetchBacklog: FetchBacklog | null;
  turns: Turns;
  laneOf: (target: string) => string;
  /** Attempts at once that have not lasted long (`slots.ts`). */
  size: number;
  /** Of all, to one receiver. */
  perLane: number;
  log: Logger;
}

/** Sends the deliveries that jobs announce, receiver by receiver. */
export interface Dispatcher {
  /**
   * Takes an attempt over, long before it is made. What a process that dies has taken over goes stale, and the relay
   * enqueues it again: the row is the schedule. Waits only where all lanes together hold too much.
   */
  accept(job: Required<DeliveryJob>): Promise<void>;
  /** Gives back what waits, at once, and waits for the attempts under way. */
  close(): Promise<void>;
}

/** In memory at once. What would hold it up for long is parked, so that it is gone soon. */
const MOST_ACCEPTED = 20_000;

/** Attempts begun and not yet recorded, for each place: a database that lags is not run over. */
const UNRECORDED_FOR_EACH = 16;

/**
 * One lane a receiver: one that hangs fills its own lane and no other. Lanes that may send take turns, an attempt each,
 * out of several allowances (`slots.ts`), so that whoever answers promptly never waits for a place that somebody holds
 * who does not. What a lane has no room for waits in the database.
 */
export function createDispatcher<Receiver>(options: DispatcherOptions<Receiver>): Dispatcher {
  const { attempts, parking, turns, log } = options;
  const onFailure = logSparsely(log, 'the database did not take part; the relay enqueues again what is due');
  const slots = createSlots(options.size);
  const mostUnrecorded = options.size * UNRECORDED_FOR_EACH;
  const stations = new Map<string, Station>();
  const ready: Record<Pool, Set<Station>> = { prompt: new Set(), unproven: new Set(), slow: new Set() };
  const askingForTurn = new Set<Station>();
  const accepted = new Set<string>();
  const flights = new Set<Promise<void>>();
  const closing = new AbortController();
  const onRoom: (() => void)[] = [];

  const makeRoom = (): void => {
    if (accepted.size < MOST_ACCEPTED || closing.signal.aborted) onRoom.splice(0).forEach((goOn) => goOn());
  };

  /** Puts a lane where it belongs: among those that may begin an attempt, where it keeps its place, or nowhere. */
  const enlist = (station: Station): void => {
    const { lane } = station;
    const pool = lane.mayBegin ? lane.pool : null;
    for (const other of POOLS) if (other !== pool) ready[other].delete(station);
    if (pool !== null) ready[pool].add(station);
    else if (lane.needsTurn) void askForTurn(station);
  };

  const pump = (): void => {
    for (const pool of POOLS) {
      while (slots.hasRoom(pool) && flights.size < mostUnrecorded) {
        const [station] = ready[pool];
        if (!station) break;
        ready[pool].delete(station);
        begin(station, pool);
        enlist(station);
      }
    }
  };

  const reconsider = (station: Station): void => {
    enlist(station);
    pump();
    makeRoom();
  };

  const fly = createFlight({ attempts, onOutstay: reconsider, onUnclaimed: onFailure });

  const begin = (station: Station, pool: Pool): void => {
    const { lane } = station;
    const waiting = station.take();
    if (!waiting) return;
    const slot = slots.take(pool);
    const hadTurn = lane.begin();
    let isFree = false;
    const free = () => {
      if (isFree) return;
      isFree = true;
      slot.release();
      lane.end();
      reconsider(station);
    };
    const flight = fly({ station, waiting, hadTurn, slot, free })
      .catch((error: unknown) => {
        // The lease runs out, and the relay enqueues the next attempt.
        const { deliveryId, attempt } = waiting;
        log.error({ err: error, deliveryId, attempt }, 'an attempt was not completed');
      })
      .finally(() => {
        flights.delete(flight);
        free();
        pump();
      });
    flights.add(flight);
  };

  const askForTurn = async (station: Station): Promise<void> => {
    const { lane } = station;
    if (askingForTurn.has(station)) return;
    askingForTurn.add(station);
    while (lane.perSecond !== null && !lane.hasTurn && !closing.signal.aborted) {
      const waitMs = await turns.take(lane.key, lane.perSecond);
      if (waitMs > 0) await delay(waitMs, undefined, { signal: closing.signal }).catch(() => undefined);
      else lane.hasTurn = true;
    }
    askingForTurn.delete(station);
    reconsider(station);
  };

  const stationOf = (key: string): Station => {
    const known = stations.get(key);
    if (known) return known;
    const station = createStation(key, {
      perLane: options.perLane,
      parking,
      fetchBacklog: options.fetchBacklog,
      accepted,
      onReady: reconsider,
      onFailure,
    });
    stations.set(key, station);
    return station;
  };

  return {
    async accept({ deliveryId, attempt, target }) {
      if (accepted.size >= MOST_ACCEPTED) await new Promise<void>((resolve) => onRoom.push(resolve));
      const waiting: Waiting = { deliveryId, attempt, target, refusals: 0 };
      if (!closing.signal.aborted) return stationOf(options.laneOf(target)).admit(waiting);
      parking.giveBack(deliveryId);
      await parking.close();
    },

    async close() {
      closing.abort();
      makeRoom();
      stations.forEach((station) => station.clear());
      await Promise.all(flights);
      await parking.close();
    },
  };
}
