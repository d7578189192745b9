import { eventually } from '../events/delivery-fixtures';
import { startTestIssuer, type TestIssuer } from '../support/test-issuer';
import { type Guarded, type GuardedOptions, noShift, startGuarded, userToken } from './support/guarded';
import { ASKS_FOR_LINES, feedByHand, lineOf, LINES } from './support/hand-fed';
import { BY_THE_FEED, sendJson, startStubFeed, type StubFeed, type StubItem } from './support/stub-feed';

/** A poll waits for a quarter of it: longer than any of these tests takes. */
const LONG_LEASE_MS = 60_000;

let issuer: TestIssuer;
let feed: StubFeed;
const started: Guarded[] = [];
beforeAll(async () => {
  issuer = await startTestIssuer();
});
beforeEach(async () => {
  feed = await startStubFeed();
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((guarded) => guarded.close()));
  await feed.close();
});
afterAll(() => issuer.close());

async function startReady(options: Partial<GuardedOptions> = {}): Promise<Guarded> {
  const guarded = await startGuarded({
    issuerOf: issuer,
    api: feed.url,
    leaseMs: LONG_LEASE_MS,
    ...options,
  });
  started.push(guarded);
  await guarded.guard.ready();
  await eventually(() => feed.polls.some(({ wait }) => wait > 0) || null, 'a poll that waits');
  return guarded;
}

const asksFor = (type: string) => feed.polls.some(({ wait, accept }) => wait > 0 && accept === type);

const line = (...items: StubItem[]): string => lineOf(items, '1.0');

const untilRevoked = async ({ guard }: Guarded, uid: string) => {
  const token = await userToken(issuer, { sub: uid, epoch: 1 });
  await eventually(
    async () => (await guard.check(token)).active === false || null,
    `the end of ${uid}'s access`,
  );
};

describe('a feed that tells line by line', () => {
  it('needs no poll for each end of access', async () => {
    const guarded = await startReady();
    const polls = feed.polls.length;
    for (const uid of ['ada', 'eve', 'max']) {
      feed.revoke({ uid, epoch: 2 });
      await untilRevoked(guarded, uid);
    }
    expect(feed.polls).toHaveLength(polls);
    expect(feed.polls.at(-1)).toMatchObject({ accept: ASKS_FOR_LINES, wait: 15 });
  });

  it('goes on where the last line of the poll before ended', async () => {
    const guarded = await startReady({ leaseMs: 1_000 });
    feed.revoke({ uid: 'ada', epoch: 2 }, { uid: 'eve', epoch: 2 });
    await untilRevoked(guarded, 'eve');
    await eventually(() => feed.polls.at(-1)?.after === '1.2' || null, 'the next poll');
  });

  it('is asked for single answers where it has not learnt to, as one of the version before', async () => {
    feed.speaksLines = false;
    const guarded = await startReady();
    for (const uid of ['ada', 'eve']) {
      feed.revoke({ uid, epoch: 2 });
      await untilRevoked(guarded, uid);
    }
  });

  it('is asked for single answers where something between gathers the lines', async () => {
    feed.intercept = (response, { wait, accept }) => {
      if (accept !== ASKS_FOR_LINES) return BY_THE_FEED;
      setTimeout(() => response.writeHead(200, { 'content-type': LINES }).end(line()), wait * 1000);
    };
    // So long that a busy machine answers in time, and what is gathered comes after a second.
    const guarded = await startReady({ leaseMs: 4_000 });
    await eventually(() => asksFor('application/json') || null, 'a poll that waits for a single answer');
    feed.revoke({ uid: 'ada', epoch: 2 });
    await untilRevoked(guarded, 'ada');
    expect(guarded.events.map(({ type }) => type)).not.toContain('poll_failed');
  });

  it('is asked for lines again after one poll, then after two, where something between gathers them', async () => {
    const shift = noShift();
    const asked: string[] = [];
    feed.intercept = (response, { wait, accept }) => {
      if (wait === 0) return BY_THE_FEED;
      asked.push(accept === ASKS_FOR_LINES ? 'lines' : 'single');
      // So much later it is for the guard.
      shift.monotonicMs += wait * 1000;
      if (accept === ASKS_FOR_LINES) return response.writeHead(200, { 'content-type': LINES }).end(line());
      sendJson(response, 200, JSON.parse(line()));
    };
    await startReady({ shift });
    await eventually(() => asked.length >= 11 || null, 'the polls');
    const after = (singles: number) => [...Array<string>(singles).fill('single'), 'lines'];
    expect(asked.slice(0, 11)).toEqual(['lines', ...after(1), ...after(2), ...after(4)]);
  });

  it('is asked for lines again where the first one was late and the others were not', async () => {
    const shift = noShift();
    const hand = feedByHand(feed);
    const guarded = await startGuarded({ issuerOf: issuer, api: feed.url, leaseMs: LONG_LEASE_MS, shift });
    started.push(guarded);
    const slow = await hand.poll(0);
    shift.monotonicMs += slow.poll.wait * 1000;
    slow.tell('1.1', { uid: 'ada', epoch: 2 });
    await untilRevoked(guarded, 'ada');
    shift.monotonicMs += slow.poll.wait * 1000;
    slow.response.end();
    await slow.over;
    const polls = feed.polls.length;
    (await hand.poll(1)).response.end(line());
    await hand.poll(2);
    expect(
      feed.polls.slice(polls).filter(({ wait, accept }) => wait > 0 && accept !== ASKS_FOR_LINES),
    ).toEqual([]);
  });

  it.each<[string, string]>([
    ['half a line', line().slice(0, 20)],
    ['a line that is no answer', '{}\n'],
    ['a line that is no JSON', 'nonsense\n'],
    ['no line', ''],
  ])('fails by %s after what it had told, which counts', async (_, rest) => {
    let answered = false;
    feed.intercept = (response, { accept }) => {
      if (accept !== ASKS_FOR_LINES || answered) return BY_THE_FEED;
      answered = true;
      response.writeHead(200, { 'content-type': LINES }).write(line({ uid: 'ada', epoch: 2 }));
      // Later, or what was sent before may be lost with the connection.
      setTimeout(() => (rest === '' ? response.destroy() : response.end(rest)), 100);
    };
    const guarded = await startReady();
    await untilRevoked(guarded, 'ada');
    await eventually(() => guarded.events.find(({ type }) => type === 'poll_failed') ?? null, 'its failure');
    expect(guarded.guard.state.status).toBe('current');
  });

  it('is read from its beginning once it says that tokens may live longer, whatever else it says then', async () => {
    feed.revoke({ uid: 'max', epoch: 2 });
    const guarded = await startReady();
    feed.maxTokenLifetime = 7_200;
    feed.revoke({ uid: 'ada', epoch: 2 });
    await untilRevoked(guarded, 'ada');
    await eventually(
      () => feed.polls.filter(({ after }) => after === null).length === 2 || null,
      'the beginning',
    );
  });
});
