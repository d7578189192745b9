import { rounds } from '../support/test-environment';
import { type Call } from '../support/http-client';
import { change, createUser, getUser } from './support/calls';
import { type DeliveryStage, startDeliveryStage } from './support/delivery-stage';
import { type Random, seededRandom } from './support/random';

const USERS = 6;
const CHANGES = 8;
const MOST_FAILURES = 2;

jest.setTimeout(rounds(120_000, 3_600_000));

describe('I5: a receiver that keeps the highest sequence ends in the right state', () => {
  const random = seededRandom('order');
  const failures = new Map<string, number>();
  let stage: DeliveryStage;
  let calls: Call[];

  beforeAll(async () => {
    // A receiver that fails at random makes later events overtake earlier ones, for as long as the retries last.
    stage = await startDeliveryStage({ DELIVERY_RETRY_SCHEDULE: '0,1,1' }, (response, { id }) => {
      const failed = failures.get(id) ?? 0;
      const fails = failed < MOST_FAILURES && random.chance(0.4);
      if (fails) failures.set(id, failed + 1);
      response.writeHead(fails ? 500 : 204).end();
    });
    const { platform } = stage;
    const apis = await Promise.all([platform.startApi(), platform.startApi(), platform.startWorker()]);
    calls = [apis[0].call, apis[1].call];
    await stage.register(apis[0].call);
  });
  afterAll(() => stage.close());

  it('sequences grow in the order of the calls, whatever the order of arrival', async () => {
    const count = rounds(1, 60);
    let overtaken = 0;
    for (let round = 0; round < count; round++) {
      const users = await Promise.all(Array.from({ length: USERS }, () => createUser(random.pick(calls))));
      const eventIds = await Promise.all(users.map(({ id }) => changeOften(random, id)));
      await stage.allDelivered();
      for (const [index, { id }] of users.entries())
        overtaken += await expectOrder(id, eventIds[index] ?? []);
    }
    process.stdout.write(`${count * USERS * CHANGES} changes, ${overtaken} arrivals after a later event\n`);
    expect(overtaken).toBeGreaterThan(0);
  });

  /** The last change is told, so that the receiver can know the state. Answers the events in the order of the calls. */
  async function changeOften(random: Random, userId: number): Promise<string[]> {
    const eventIds: string[] = [];
    for (let index = 1; index <= CHANGES; index++) {
      const isLast = index === CHANGES;
      const { isSuspended } = await getUser(random.pick(calls), userId);
      const alternate = isLast || random.chance(0.7);
      const action = isSuspended === alternate ? 'unblock' : 'block';
      const body = { triggerWebhook: isLast || random.chance(0.8) };
      const { eventId } = await change(random.pick(calls), action, userId, body);
      if (eventId !== null) eventIds.push(eventId);
    }
    return eventIds;
  }

  /** Answers how many webhooks arrived after a later one. */
  async function expectOrder(userId: number, eventIds: string[]): Promise<number> {
    const arrivals = stage.receiver.received.filter(({ event }) => event.data.userId === userId);
    const sequenceOf = new Map(arrivals.map(({ id, event }) => [id, event.data.sequence]));
    arrivals.forEach(({ id, event }) => expect(event.data.sequence).toBe(sequenceOf.get(id)));

    const inOrderOfCalls = eventIds.flatMap((id) => sequenceOf.get(id) ?? []);
    expect(inOrderOfCalls).toEqual([...new Set(inOrderOfCalls)].sort((a, b) => a - b));
    expect(inOrderOfCalls).toHaveLength(sequenceOf.size);

    const highest = arrivals.reduce((kept, next) =>
      next.event.data.sequence > kept.event.data.sequence ? next : kept,
    );
    const user = await getUser(calls[0] as Call, userId);
    expect(highest.event.type).toBe(user.isSuspended ? 'user.blocked' : 'user.unblocked');
    expect(highest.event.data).toMatchObject({ epoch: user.accessEpoch, uid: user.uid });

    let last = 0;
    return arrivals.filter(({ event }) => {
      const isLate = event.data.sequence < last;
      last = Math.max(last, event.data.sequence);
      return isLate;
    }).length;
  }
});
