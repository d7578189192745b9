import { Redis } from 'ioredis';
import { Client } from 'pg';
import pino from 'pino';
import { newUuid } from '../../src/database/uuid';
import { createWakeups } from '../../src/wakeups/create-wakeups';
import { openWakeups } from '../../src/wakeups/open-wakeups';
import type { BusListener, Topic, Wakeups } from '../../src/wakeups/wakeups';
import { waitFor } from '../support/processes';
import { createTestDatabase, type TestDatabase } from '../support/test-database';
import { testEnvironment } from '../support/test-environment';

const { redisUrl } = testEnvironment();
const log = pino({ level: 'silent' });
const never = 60_000;

/** Which end of a wait came: the announcement's, or that of the time that everybody reads again after. */
async function wokenBy(wakeups: Wakeups, topic: Topic, cause: () => void): Promise<'announcement' | 'time'> {
  const begun = performance.now();
  const wait = wakeups.wait(topic, never);
  cause();
  await wait;
  return performance.now() - begun < 900 ? 'announcement' : 'time';
}

describe(`wake-ups through ${redisUrl === undefined ? 'PostgreSQL' : 'Redis'}`, () => {
  let database: TestDatabase;
  const opened: Wakeups[] = [];
  const prefix = `test-${newUuid()}`;
  const open = (): Wakeups => {
    const wakeups = openWakeups({ databaseUrl: database.url, redisUrl, prefix }, log);
    opened.push(wakeups);
    return wakeups;
  };

  /** Once both are connected; on a busy machine the time may come before an announcement, but not every time. */
  const hears = (to: Wakeups, from: Wakeups, topic: Topic) =>
    waitFor(async () => {
      const woken = await wokenBy(to, topic, () => from.announce(topic));
      return woken === 'announcement' ? true : undefined;
    }, 'one to hear the other');

  /** Two processes, each of which hears the other. */
  const two = async (): Promise<[Wakeups, Wakeups]> => {
    const [one, other] = [open(), open()];
    await hears(other, one, 'security-events');
    await hears(one, other, 'security-events');
    return [one, other];
  };

  /** Cuts the connections that listen, as a restart of the server does. */
  const cut = async (): Promise<void> => {
    if (redisUrl === undefined) {
      const client = new Client(database.url);
      await client.connect();
      await client.query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND query LIKE 'LISTEN%'`);
      await client.end();
      return;
    }
    const redis = new Redis(redisUrl);
    const list = String(await redis.call('CLIENT', 'LIST', 'TYPE', 'pubsub'));
    const mine = list.split('\n').filter((line) => line.includes(`name=${prefix}:wakeups`));
    for (const line of mine) await redis.call('CLIENT', 'KILL', 'ID', /\bid=(\d+)/.exec(line)?.[1] ?? '');
    redis.disconnect();
    expect(mine.length).toBeGreaterThan(0);
  };

  beforeAll(async () => {
    database = await createTestDatabase({ migrated: false });
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((wakeups) => wakeups.close()));
  });
  afterAll(() => database.drop());

  it('wake other processes for what they wait for, and for nothing else', async () => {
    const [one, other] = await two();
    await hears(other, one, 'revocations');
    expect(await wokenBy(other, 'revocations', () => one.announce('security-events'))).toBe('time');
  });

  it('wake everybody once they listen again: they may have missed something', async () => {
    const [one, other] = await two();
    await cut();
    // Whatever is lost while nobody is connected, within a second all read again; and then they hear again.
    await other.wait('revocations', never);
    await hears(other, one, 'revocations');
  });

  it('end each wait when they are closed, and let nobody begin another', async () => {
    const wakeups = open();
    const wait = wakeups.wait('revocations', never);
    const begun = performance.now();
    const closing = wakeups.close();
    await wait;
    await wakeups.wait('revocations', never);
    wakeups.announce('revocations');
    expect(performance.now() - begun).toBeLessThan(900);
    // Its connection takes its own time.
    await closing;
  });
});

describe('wake-ups', () => {
  const withBus = (publish: (message: string) => Promise<void>) => {
    let listener: BusListener | undefined;
    const away: Error[] = [];
    const wakeups = createWakeups(
      (given) => {
        listener = given;
        return { publish, listen: () => undefined, close: () => Promise.resolve() };
      },
      (error) => away.push(error),
    );
    return { wakeups, away, listener: listener as BusListener };
  };

  it('need no network within a process, and never fail', async () => {
    const { wakeups, away } = withBus(() => Promise.reject(new Error('no network')));
    expect(await wokenBy(wakeups, 'revocations', () => wakeups.announce('revocations'))).toBe('announcement');
    await waitFor(() => (away.length > 0 ? true : undefined), 'the log of it');
    await wakeups.close();
  });

  it('of one moment are one message, and those that come while it is sent one more', async () => {
    const sent: string[] = [];
    let release: () => void = () => undefined;
    const { wakeups } = withBus((message) => {
      sent.push(message.split(' ').slice(1).join(' '));
      return new Promise((resolve) => (release = resolve));
    });
    for (let n = 0; n < 1_000; n++) wakeups.announce('revocations');
    await waitFor(() => sent[0], 'the first message');
    for (let n = 0; n < 1_000; n++) {
      wakeups.announce('revocations');
      wakeups.announce('security-events');
    }
    expect(sent).toEqual(['revocations']);
    release();
    await waitFor(() => sent[1], 'the second message');
    expect(sent).toEqual(['revocations', 'revocations security-events']);
    release();
    await wakeups.close();
  });

  it('do not wake a process for what it has announced itself, and pass by what they do not know', async () => {
    const sent: string[] = [];
    const { wakeups, listener } = withBus((message) => Promise.resolve(void sent.push(message)));
    wakeups.announce('revocations');
    const message = await waitFor(() => sent[0], 'the message');
    const echo = () => listener.onMessage(message);
    expect(await wokenBy(wakeups, 'revocations', echo)).toBe('time');
    const unknown = () => listener.onMessage('somebody tomorrows-topic');
    expect(await wokenBy(wakeups, 'revocations', unknown)).toBe('time');
    const known = () => listener.onMessage('somebody tomorrows-topic revocations');
    expect(await wokenBy(wakeups, 'revocations', known)).toBe('announcement');
    await wakeups.close();
  });

  it('a wait ends with its own time and with its signal, whichever comes first', async () => {
    const { wakeups } = withBus(() => Promise.resolve());
    const begun = performance.now();
    await wakeups.wait('revocations', 10);
    const gone = new AbortController();
    const waiting = wakeups.wait('revocations', never, gone.signal);
    gone.abort();
    await waiting;
    await wakeups.wait('revocations', never, gone.signal);
    expect(performance.now() - begun).toBeLessThan(900);
    await wakeups.close();
  });
});
