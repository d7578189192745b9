import { sql } from '../../../src/database/sql';
import { newUuid, Uuid } from '../../../src/database/uuid';
import type { AttemptRecord } from '../../../src/events/dispatch/attempts';
import type { AttemptOutcome, PlannedDelivery } from '../../../src/events/channel';
import {
  type DeliveryDatabase,
  openDeliveryDatabase,
  seedDelivery,
  storedAttempts,
} from '../delivery-fixtures';
import { createMakeAttempt, senderOf } from '../make-attempt';
import { failed, succeeded } from './fake-attempts';

let store: DeliveryDatabase;
beforeAll(async () => {
  store = await openDeliveryDatabase();
});
beforeEach(() => store.database.query(sql`DELETE FROM deliveries`));
afterAll(() => store.close());

const attempting = (outcome: AttemptOutcome = succeeded) =>
  createMakeAttempt(
    store.database,
    senderOf(() => Promise.resolve(outcome)),
  );

/** Deliveries of one user to one receiver, the oldest first. */
async function inSequence(count: number, seed: { target?: string; userId?: number } = {}): Promise<string[]> {
  const target = seed.target ?? newUuid();
  const ids: string[] = [];
  for (let sequence = 1; sequence <= count; sequence++) {
    const { deliveryId } = await seedDelivery(store.database, { ...seed, target });
    await change(deliveryId, { sequence });
    ids.push(deliveryId);
  }
  return ids;
}

async function change(id: string, { sequence = null as number | null, state = 'pending', attempts = 0 }) {
  await store.database
    .query(sql`UPDATE deliveries SET sequence = COALESCE(${sequence}, sequence), state = ${state},
    attempts = ${attempts} WHERE id = ${new Uuid(id)}`);
}

describe('I5: the first attempts at a user’s deliveries to one receiver are made in order', () => {
  it('a delivery is not claimed while an older one has had no attempt', async () => {
    const [first = '', second = '', third = ''] = await inSequence(3);
    const attempt = attempting();
    await expect(attempt({ deliveryId: third, attempt: 1 })).resolves.toBe('behind');
    await expect(attempt({ deliveryId: second, attempt: 1 })).resolves.toBe('behind');
    for (const deliveryId of [first, second, third]) {
      await expect(attempt({ deliveryId, attempt: 1 })).resolves.toBe('claimed');
    }
  });

  it('nor while the first attempt at an older one is under way, whoever makes it', async () => {
    const [first = '', second = ''] = await inSequence(2);
    let finish: (outcome: AttemptOutcome) => void = () => undefined;
    let isSent: () => void = () => undefined;
    const sent = new Promise<void>((resolve) => (isSent = resolve));
    const hanging = createMakeAttempt(
      store.database,
      senderOf(() => {
        isSent();
        return new Promise((resolve) => (finish = resolve));
      }),
    );
    const underWay = hanging({ deliveryId: first, attempt: 1 });
    await sent;
    const attempt = attempting();
    await expect(attempt({ deliveryId: second, attempt: 1 })).resolves.toBe('behind');
    finish(failed);
    await underWay;
    // The older one is tried again now: the younger may overtake it.
    await expect(attempt({ deliveryId: second, attempt: 1 })).resolves.toBe('claimed');
  });

  it('one whose worker died in the first attempt holds nobody up once its lease ran out', async () => {
    const [first = '', second = ''] = await inSequence(2);
    await change(first, { attempts: 1 });
    await expect(attempting()({ deliveryId: second, attempt: 1 })).resolves.toBe('claimed');
  });

  it.each(['delivered', 'dead', 'cancelled', 'skipped'])('nor one that is %s', async (state) => {
    const [first = '', second = ''] = await inSequence(2);
    await change(first, { state });
    await expect(attempting()({ deliveryId: second, attempt: 1 })).resolves.toBe('claimed');
  });

  it('other receivers and other users are not waited for', async () => {
    const target = newUuid();
    await inSequence(1, { target, userId: 7 });
    const [, other = ''] = await inSequence(2, { userId: 7 });
    const [sameTarget = ''] = await inSequence(1, { target, userId: 8 });
    const attempt = attempting();
    await expect(attempt({ deliveryId: other, attempt: 1 })).resolves.toBe('behind');
    await expect(attempt({ deliveryId: sameTarget, attempt: 1 })).resolves.toBe('claimed');
  });
});

describe('claims that come at the same moment', () => {
  it('of many deliveries are each won, and recorded, once (I4)', async () => {
    const seeds = await Promise.all(
      Array.from({ length: 150 }, (_, index) => seedDelivery(store.database, { userId: index + 1 })),
    );
    const [one, other] = [attempting(), attempting(failed)];
    // As a lane does: what the other has locked is tried again.
    const settled = async (attempt: typeof one, deliveryId: string) => {
      for (;;) {
        const kind = await attempt({ deliveryId, attempt: 1 });
        if (kind !== 'locked') return kind;
      }
    };
    const kinds = await Promise.all(
      seeds.flatMap(({ deliveryId }) => [settled(one, deliveryId), settled(other, deliveryId)]),
    );
    expect(kinds.filter((kind) => kind === 'claimed')).toHaveLength(150);
    expect(kinds.filter((kind) => kind === 'lost')).toHaveLength(150);
    for (const { deliveryId } of seeds) {
      expect(await storedAttempts(store.database, deliveryId)).toHaveLength(1);
    }
  });

  it('are refused while the receiver is paused, by the database’s clock', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const notBefore = new Date(Date.now() + 60_000);
    const sender = senderOf(() => Promise.resolve(succeeded), {
      paceOf: () => ({ perSecond: null, notBefore }),
    });
    const attempt = createMakeAttempt(store.database, sender);
    await expect(attempt({ deliveryId, attempt: 1 })).resolves.toBe('paused');
    store.clock.shiftMs = 61_000;
    await expect(attempt({ deliveryId, attempt: 1 })).resolves.toBe('claimed');
    store.clock.shiftMs = 0;
  });

  it('to a receiver with a rate are won in their turn alone', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const sender = senderOf(() => Promise.resolve(succeeded), {
      paceOf: () => ({ perSecond: 3, notBefore: null }),
    });
    const attempt = createMakeAttempt(store.database, sender);
    await expect(attempt({ deliveryId, attempt: 1 })).resolves.toBe('unpaced');
    await expect(attempt({ deliveryId, attempt: 1, hadTurn: true })).resolves.toBe('claimed');
  });
});

describe('the record', () => {
  const planned = { id: newUuid(), channel: 'webhook', state: 'pending' } as PlannedDelivery;

  it('hands over what attempts have led to, after the commit', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const handedOver: string[] = [];
    const sender = senderOf(() => Promise.resolve(succeeded), {
      record: (_tx, attempts) => {
        expect(attempts.map(({ delivery }) => delivery.id)).toEqual([deliveryId]);
        return Promise.resolve([planned]);
      },
    });
    const outbox = {
      handOver: (due: readonly { id: string }[]) => void handedOver.push(...due.map(({ id }) => id)),
    };
    await createMakeAttempt(store.database, sender, { outbox })({ deliveryId, attempt: 1 });
    expect(handedOver).toEqual([planned.id]);
  });

  it('of one that cannot be written harms no other, though they are written together', async () => {
    const seeds = await Promise.all(
      Array.from({ length: 12 }, (_, index) => seedDelivery(store.database, { userId: index + 1 })),
    );
    const [bad = ''] = seeds.map(({ deliveryId }) => deliveryId);
    const sender = senderOf(() => Promise.resolve(succeeded), {
      record: (_tx, attempts) =>
        attempts.some(({ delivery }) => delivery.id === bad)
          ? Promise.reject(new Error('not this one'))
          : Promise.resolve([]),
    });
    const attempt = createMakeAttempt(store.database, sender);
    const results = await Promise.allSettled(
      seeds.map(({ deliveryId }) => attempt({ deliveryId, attempt: 1 })),
    );
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(1);
    const { rows } = await store.database.query(sql`SELECT id FROM deliveries WHERE state = 'delivered'`);
    expect(rows).toHaveLength(11);
  });

  it('tells the time from the event to the first success, and not again when it is sent anew', async () => {
    const { deliveryId } = await seedDelivery(store.database);
    const records: AttemptRecord[] = [];
    const attempt = createMakeAttempt(
      store.database,
      senderOf(() => Promise.resolve(succeeded)),
      { onAttempt: (record) => records.push(record) },
    );
    await attempt({ deliveryId, attempt: 1 });
    await store.database.query(sql`UPDATE deliveries SET state = 'pending', schedule_base = 1`);
    await attempt({ deliveryId, attempt: 2 });
    expect(records).toHaveLength(2);
    expect(records[0]?.firstSuccessAfterSeconds).toBeGreaterThanOrEqual(0);
    expect(records[1]?.firstSuccessAfterSeconds).toBeNull();
  });
});
