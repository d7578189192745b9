import { setTimeout as delay } from 'node:timers/promises';
import { newUuid } from '../../../src/database/uuid';
import type { AttemptOutcome } from '../../../src/events/channel';
import type { FetchBacklog } from '../../../src/events/dispatch/backlog-walk';
import { eventually } from '../delivery-fixtures';
import { claimed, stageDispatcher, succeeded, type StageOptions } from './fake-attempts';

const emptyPage = { waiting: [], position: { createdAt: new Date(0), id: newUuid() } };

/** A lane whose parked deliveries stand in a table, as those of the database do. */
function stageBacklog(options: StageOptions & { writeMs?: number; pagesBefore?: number } = {}) {
  const table: string[] = [];
  const due: string[] = [];
  let isAway = false;
  const pagesBefore = options.pagesBefore ?? 0;
  let page = 0;
  const fetchBacklog: FetchBacklog = (target, position, limit) => {
    if (isAway) return Promise.reject(new Error('away'));
    page = position === null ? 0 : page + 1;
    if (page < pagesBefore) return Promise.resolve(emptyPage);
    const waiting = table
      .splice(0, limit)
      .map((deliveryId) => ({ deliveryId, attempt: 1, target, refusals: 0 }));
    return Promise.resolve({ waiting, position: table.length === 0 ? null : emptyPage.position });
  };
  const stage = stageDispatcher({
    ...options,
    claim: (command) => {
      if (isAway) return Promise.reject(new Error('away'));
      return options.claim?.(command) ?? claimed(command);
    },
    fetchBacklog,
    onPark: async (deliveryId, forMs) => {
      await delay(options.writeMs ?? 0);
      // What is parked for a moment only is due before any walk looks for it.
      (forMs < 1_000 ? due : table).push(deliveryId);
    },
  });
  return {
    ...stage,
    setAway: (away: boolean) => (isAway = away),
    relay: () =>
      Promise.all(
        due.splice(0).map((deliveryId) => stage.dispatcher.accept({ deliveryId, attempt: 1, target: 'one' })),
      ),
  };
}

/** Hangs until it is let go, so that the lane parks most of what it is given. */
function hangingReceiver() {
  const open: ((outcome: AttemptOutcome) => void)[] = [];
  let hangs = true;
  return {
    send: () =>
      hangs ? new Promise<AttemptOutcome>((resolve) => open.push(resolve)) : Promise.resolve(succeeded),
    recover() {
      hangs = false;
      open.splice(0).forEach((resolve) => resolve(succeeded));
    },
  };
}

const hasParked = (stage: { parked: readonly unknown[] }) =>
  eventually(() => (stage.parked.length > 300 ? true : null), 'parked once it is found out');

describe('a lane with a backlog never runs dry before all of that is fetched', () => {
  it('after a pause, which has emptied it', async () => {
    const receiver = hangingReceiver();
    let pauses = false;
    const stage = stageBacklog({
      send: receiver.send,
      claim: (command) => (pauses ? { kind: 'paused', forMs: 20 } : claimed(command)),
    });
    const ids = await stage.accept('one', 2_500);
    await hasParked(stage);
    pauses = true;
    receiver.recover();
    await eventually(() => (stage.parked.some(({ forMs }) => forMs === 20) ? true : null), 'it is paused');
    pauses = false;
    await eventually(async () => {
      await stage.relay();
      const recorded = new Set(stage.recorded);
      return ids.every((id) => recorded.has(id)) ? true : null;
    }, 'all of them');
  });

  it('when a long pause was taken back before its end', async () => {
    let pauses = true;
    const stage = stageBacklog({
      claim: (command) => (pauses ? { kind: 'paused', forMs: 3_600_000 } : claimed(command)),
    });
    const ids = await stage.accept('one', 20);
    await eventually(() => (stage.parked.length === ids.length ? true : null), 'it is paused');
    pauses = false;
    const now = performance.now.bind(performance);
    const later = jest.spyOn(performance, 'now').mockImplementation(() => now() + 30_000);
    // As the relay does with the one that asks again.
    await stage.accept('one');
    await eventually(() => (stage.recorded.length === ids.length + 1 ? true : null), 'all of them');
    later.mockRestore();
  });

  it('where the database was away and every claim was in vain', async () => {
    const receiver = hangingReceiver();
    const stage = stageBacklog({ send: receiver.send });
    await stage.accept('one', 2_500);
    await hasParked(stage);
    stage.setAway(true);
    receiver.recover();
    await eventually(() => (stage.claims.length > 8 ? true : null), 'claims in vain');
    const before = stage.recorded.length;
    stage.setAway(false);
    await eventually(() => (stage.recorded.length >= before + 300 ? true : null), 'what was parked');
  });

  it('where more waits there for another attempt than the lane makes meanwhile', async () => {
    const receiver = hangingReceiver();
    const stage = stageBacklog({ send: receiver.send, pagesBefore: 1_000 });
    const ids = await stage.accept('one', 2_500);
    await hasParked(stage);
    receiver.recover();
    await eventually(() => (stage.recorded.length === ids.length ? true : null), 'all of them');
  });

  it('where the database takes its time to write what was parked', async () => {
    const receiver = hangingReceiver();
    const stage = stageBacklog({ send: receiver.send, writeMs: 700 });
    const ids = await stage.accept('one', 2_500);
    await hasParked(stage);
    receiver.recover();
    await eventually(() => (stage.recorded.length === ids.length ? true : null), 'all of them');
  });
});
