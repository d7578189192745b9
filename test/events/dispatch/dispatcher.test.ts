import { newUuid } from '../../../src/database/uuid';
import type { AttemptOutcome } from '../../../src/events/channel';
import type { BacklogPage } from '../../../src/events/dispatch/backlog';
import type { ClaimCommand, ClaimOutcome } from '../../../src/events/dispatch/claim-deliveries';
import { SLOW_AFTER_MS } from '../../../src/events/dispatch/lane';
import { eventually } from '../delivery-fixtures';
import { claimed, failed, stageDispatcher, succeeded } from './fake-attempts';

/** Answers that come when they are let go. */
function answers() {
  const open: ((outcome: AttemptOutcome) => void)[] = [];
  return {
    open,
    hang: () => new Promise<AttemptOutcome>((resolve) => open.push(resolve)),
    settle: (outcome: AttemptOutcome) => open.splice(0).forEach((resolve) => resolve(outcome)),
  };
}

const names = (what: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${what} ${index}`);
const isHanging = (target: string) => target.startsWith('hangs');

describe('a receiver that hangs delays nobody else', () => {
  // With 8 places for what is prompt, half of them for who is not known yet, and 32 for what is slow.
  it.each([1, 8, 30])('%i that hang, 20 that answer, none of them known', async (hanging) => {
    const { hang } = answers();
    const stage = stageDispatcher({
      send: (target) => (isHanging(target) ? hang() : Promise.resolve(succeeded)),
    });
    for (const target of names('hangs', hanging)) await stage.accept(target, 50);
    for (const target of names('answers', 20)) await stage.accept(target, 50);
    await eventually(() => (stage.recorded.length === 1_000 ? true : null), 'all that answer');
    // One asks, and no more.
    for (const target of names('hangs', hanging)) expect(stage.sentTo(target)).toBe(1);
  });

  it('100 that hang, and take every place that they can, 20 that are known to answer', async () => {
    const { hang, open } = answers();
    const stage = stageDispatcher({
      send: (target) => (isHanging(target) ? hang() : Promise.resolve(succeeded)),
    });
    for (const target of names('answers', 20)) await stage.accept(target);
    await eventually(() => (stage.recorded.length === 20 ? true : null), 'all of them are known');
    for (const target of names('hangs', 100)) await stage.accept(target, 5);
    await eventually(() => (open.length === 36 ? true : null), 'no place left for who is not known');
    for (const target of names('answers', 20)) await stage.accept(target, 50);
    await eventually(() => (stage.recorded.length === 1_020 ? true : null), 'all that answer');
    expect(stage.mostInFlight()).toBeLessThanOrEqual(40);
  });

  it('one that answered until now, and takes all places that it may have, gives them up when it hangs', async () => {
    const { hang } = answers();
    let hangs = false;
    const stage = stageDispatcher({ send: () => (hangs ? hang() : Promise.resolve(succeeded)), perLane: 8 });
    await stage.accept('first', 100);
    await eventually(() => (stage.recorded.length === 100 ? true : null), 'a lane that is trusted');
    hangs = true;
    await stage.accept('first', 100);
    await eventually(() => (stage.sent.length === 108 ? true : null), 'all places taken');
    hangs = false;
    await stage.accept('second', 100);
    await eventually(() => (stage.sentTo('second') === 100 ? true : null), 'the other');
  });

  it('a lane that failed asks with one attempt at a time whether it is back, and then gets more again', async () => {
    const { hang, open, settle } = answers();
    const stage = stageDispatcher({ send: hang });
    await stage.accept('one', 30);
    await eventually(() => (open.length === 1 ? true : null), 'the first');
    for (let time = 0; time < 3; time++) {
      settle(failed);
      await eventually(() => (open.length === 1 ? true : null), 'one at a time');
    }
    for (const atOnce of [2, 4]) {
      settle(succeeded);
      await eventually(() => (open.length === atOnce ? true : null), `${atOnce} at once`);
    }
  });
});

describe('lanes that may send take turns', () => {
  /** One place, and receivers that have each answered once. */
  async function stageTurns(known: readonly string[]) {
    const { hang, open, settle } = answers();
    const stage = stageDispatcher({ send: hang, size: 1 });
    const turn = async () => {
      await eventually(() => (open.length === 1 ? true : null), 'an attempt');
      settle(succeeded);
    };
    for (const target of known) {
      await stage.accept(target);
      await turn();
    }
    await eventually(() => (stage.recorded.length === known.length ? true : null), 'all are known');
    const finish = async () => {
      let isClosed = false;
      const closed = stage.dispatcher.close().then(() => (isClosed = true));
      await eventually(() => {
        settle(succeeded);
        return isClosed ? true : null;
      }, 'no attempt under way');
      await closed;
    };
    return { ...stage, turn, finish };
  }

  it('what comes for one all the time does not push it behind the others', async () => {
    const stage = await stageTurns(['one', 'other', 'busy']);
    await stage.accept('one', 10);
    await stage.accept('other', 10);
    for (let turn = 0; turn < 6; turn++) {
      await stage.accept('busy');
      await stage.turn();
    }
    await eventually(() => (stage.sent.length >= 9 ? true : null), 'six turns');
    expect(stage.sentTo('busy')).toBeGreaterThan(1);
    await stage.finish();
  });

  it('one of which nobody knows yet does not wait until those that answer have had everything', async () => {
    const stage = await stageTurns(['one', 'other']);
    await stage.accept('one', 10);
    await stage.accept('other', 10);
    await stage.accept('new');
    for (let turn = 0; turn < 4; turn++) await stage.turn();
    await eventually(() => (stage.sent.length >= 6 ? true : null), 'four turns');
    expect(stage.sentTo('new')).toBe(1);
    await stage.finish();
  });
});

describe('what a lane has no room for', () => {
  it('waits in the database, and comes back from there when the receiver answers', async () => {
    const { hang, settle } = answers();
    const parked: ClaimCommand[] = [];
    let hangs = true;
    const stage = stageDispatcher({
      send: () => (hangs ? hang() : Promise.resolve(succeeded)),
      fetchBacklog: (target, _position, limit) => {
        const page = parked.splice(0, limit).map(({ deliveryId }) => ({
          deliveryId,
          attempt: 1,
          target,
          refusals: 0,
        }));
        return Promise.resolve({
          waiting: page,
          position: parked.length === 0 ? null : { createdAt: new Date(), id: newUuid() },
        });
      },
    });
    const ids = await stage.accept('one', 500);
    const isSlow = () => performance.now() - (stage.sent[0]?.at ?? Infinity) > SLOW_AFTER_MS + 100;
    await eventually(() => (isSlow() ? true : null), 'an attempt that lasts long');
    settle(failed);
    await eventually(() => (stage.parked.length > 300 ? true : null), 'parked once it is found out');
    // Longer than the relay lets pass: else it would enqueue them again and again.
    expect(Math.min(...stage.parked.map(({ forMs }) => forMs))).toBeGreaterThan(60_000);
    const more = await stage.accept('one', 10);
    expect(stage.parked.map(({ deliveryId }) => deliveryId)).toEqual(expect.arrayContaining(more));

    parked.push(
      ...stage.parked.map(({ deliveryId }) => ({ deliveryId, attempt: 1, target: 'one', hadTurn: false })),
    );
    hangs = false;
    settle(succeeded);
    await eventually(() => (stage.recorded.length === 510 ? true : null), 'all of them');
    expect([...stage.recorded].sort()).toEqual([...ids, ...more].sort());
  });

  it('while the receiver asked for a pause, waits until that is over', async () => {
    const stage = stageDispatcher({ claim: () => ({ kind: 'paused', forMs: 300_000 }) });
    const ids = await stage.accept('one', 5);
    await eventually(() => (stage.parked.length === 5 ? true : null), 'all are parked');
    expect(stage.sent).toEqual([]);
    const later = await stage.accept('one', 2);
    expect(stage.parked.map(({ deliveryId }) => deliveryId).sort()).toEqual([...ids, ...later].sort());
    expect(stage.parked.slice(0, 5).filter(({ forMs }) => forMs === 300_000).length).toBeGreaterThan(2);
    // Somebody may take the pause back, so that it is asked for again before its end.
    expect(Math.min(...stage.parked.map(({ forMs }) => forMs))).toBeLessThanOrEqual(30_000);
    expect(Math.min(...stage.parked.map(({ forMs }) => forMs))).toBeGreaterThan(25_000);
    // One claim, or those that were begun before its answer.
    expect(stage.claims.length).toBeLessThanOrEqual(2);
  });
});

describe('an attempt that may not be made yet', () => {
  it('behind an older one is made as soon as that is over, the older first', async () => {
    const order: string[] = [];
    const { hang, open, settle } = answers();
    const [first, second, third] = [newUuid(), newUuid(), newUuid()];
    const over = new Set<string>();
    const stage = stageDispatcher({
      claim: (command) => {
        const sequence = [first, second, third].indexOf(command.deliveryId);
        const older = [first, second, third].slice(0, sequence);
        if (older.every((id) => over.has(id))) return claimed(command, { userId: 7 });
        return { kind: 'behind', userId: 7, sequence };
      },
      send: async (_target, id) => {
        order.push(id);
        if (id === first) await hang();
        over.add(id);
        return succeeded;
      },
    });
    for (const deliveryId of [third, first, second]) {
      await stage.dispatcher.accept({ deliveryId, attempt: 1, target: 'one' });
    }
    await eventually(() => (open.length === 1 ? true : null), 'the first');
    expect(order).toEqual([first]);
    settle(succeeded);
    await eventually(() => (stage.recorded.length === 3 ? true : null), 'all three');
    expect(order).toEqual([first, second, third]);
  });

  it('because somebody holds its row is tried again, and put back after a while', async () => {
    const stage = stageDispatcher({ claim: () => ({ kind: 'locked' }) });
    const [id] = await stage.accept('one');
    await eventually(() => (stage.parked.length === 1 ? true : null), 'it is put back');
    expect(stage.parked).toMatchObject([{ deliveryId: id }]);
    expect(stage.claims.length).toBeGreaterThan(3);
  });

  it('is claimed once more where the receiver has a rate, in its turn', async () => {
    let turns = 0;
    const stage = stageDispatcher({
      claim: (command) =>
        command.hadTurn ? claimed(command, { perSecond: 5 }) : { kind: 'unpaced', perSecond: 5 },
      turns: { take: () => Promise.resolve(turns-- > 0 ? 0 : 5) },
    });
    await stage.accept('one', 3);
    for (const count of [1, 2]) {
      turns = 1;
      await eventually(() => (stage.recorded.length === count ? true : null), `attempt ${count}`);
      await eventually(() => (turns < -1 ? true : null), 'the next asks for its turn in vain');
      expect(stage.sent).toHaveLength(count);
    }
    await stage.dispatcher.close();
  });
});

describe('taking over', () => {
  it('takes an attempt once, however often it is announced', async () => {
    const { hang, settle } = answers();
    const stage = stageDispatcher({ send: hang });
    const job = { deliveryId: newUuid(), attempt: 1, target: 'one' };
    await Promise.all([1, 2, 3].map(() => stage.dispatcher.accept(job)));
    await eventually(() => (stage.sent.length === 1 ? true : null), 'the attempt');
    await stage.dispatcher.accept(job);
    settle(succeeded);
    await eventually(() => (stage.recorded.length === 1 ? true : null), 'its record');
    expect(stage.claims).toHaveLength(1);
    // The next announcement is another matter: the claim decides.
    await stage.dispatcher.accept(job);
    await eventually(() => (stage.claims.length === 2 ? true : null), 'the claim');
  });

  it('goes on where the database was away', async () => {
    let isAway = true;
    const stage = stageDispatcher({
      claim: (command) => (isAway ? Promise.reject(new Error('away')) : claimed(command)),
    });
    await stage.accept('one', 3);
    await eventually(() => (stage.claims.length === 3 ? true : null), 'three claims in vain');
    isAway = false;
    await stage.accept('one', 3);
    await eventually(() => (stage.recorded.length === 3 ? true : null), 'three records');
  });
});

describe('closing', () => {
  it.each([null, 5])('gives back what it fetches meanwhile, at a rate of %s', async (perSecond) => {
    const pages: ((page: BacklogPage) => void)[] = [];
    const stage = stageDispatcher({
      claim: (command) => claimed(command, { perSecond }),
      fetchBacklog: () => new Promise((resolve) => pages.push(resolve)),
    });
    await stage.accept('one');
    await eventually(() => (stage.recorded.length === 1 && pages.length === 1 ? true : null), 'it fetches');
    await stage.dispatcher.close();
    const ids = [newUuid(), newUuid(), newUuid()];
    const waiting = ids.map((deliveryId) => ({ deliveryId, attempt: 1, target: 'one', refusals: 0 }));
    pages.forEach((resolve) => resolve({ waiting, position: null }));
    await eventually(() => (stage.givenBack.length === 3 ? true : null), 'all of them');
    expect(stage.givenBack).toEqual(ids);
    expect(stage.sent).toHaveLength(1);
  });

  it('gives back at once what waits, and waits for what is under way', async () => {
    const { hang, open, settle } = answers();
    const stage = stageDispatcher({ send: hang });
    const ids = await stage.accept('one', 20);
    await eventually(() => (open.length === 1 ? true : null), 'one under way');
    let isClosed = false;
    const closing = stage.dispatcher.close().then(() => (isClosed = true));
    expect([...stage.givenBack].sort()).toEqual(ids.slice(1).sort());
    const [late] = await stage.accept('one');
    expect(stage.givenBack).toContain(late);
    expect(isClosed).toBe(false);
    settle(succeeded);
    await closing;
    expect(stage.recorded).toEqual(ids.slice(0, 1));
  });

  // The two share a transaction, so that their answers come together; which is heard first is a matter of microtasks.
  it.each([0, 1, 2, 3])(
    'begins none that stood behind one under way, answered %i ticks after it',
    async (ticks) => {
      const { hang, open, settle } = answers();
      const [older, younger] = [newUuid(), newUuid()];
      let judge: (outcome: ClaimOutcome<unknown>) => void = () => undefined;
      const stage = stageDispatcher({
        claim: (command) =>
          command.deliveryId === younger && stage.claims.length === 3
            ? new Promise((resolve) => (judge = resolve))
            : claimed(command, { userId: 7 }),
        send: hang,
      });
      // Until one has succeeded a lane makes one attempt at a time.
      await stage.accept('one');
      await eventually(() => (open.length === 1 ? true : null), 'the one that makes it known');
      for (const deliveryId of [older, younger]) {
        await stage.dispatcher.accept({ deliveryId, attempt: 1, target: 'one' });
      }
      settle(succeeded);
      await eventually(
        () => (open.length === 1 && stage.claims.length === 3 ? true : null),
        'both under way',
      );
      const closing = stage.dispatcher.close();
      settle(succeeded);
      for (let tick = 0; tick < ticks; tick++) await Promise.resolve();
      judge({ kind: 'behind', userId: 7, sequence: 2 });
      await closing;
      expect(stage.claims).toHaveLength(3);
      expect(stage.givenBack).toEqual([younger]);
    },
  );
});

it('what counts as slow is shorter than any receiver is given to answer', () => {
  expect(SLOW_AFTER_MS).toBeLessThan(1_000);
});
