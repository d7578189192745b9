import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import {
  type End,
  type FromServers,
  type ServersSetup,
  sharedNow,
  type ToServers,
  type Watched,
} from './messages';
import { type ResourceServer, ways } from './ways';

/** A user is out when nobody has let her through for so long; the last time that somebody did is what counts. */
const SETTLED_MS = 250;
const LOOK_EVERY_MS = 20;

/** What the servers of this process have seen of the token that they are watching. */
interface Sight extends Watched {
  since: { at: number; cpu: NodeJS.CpuUsage };
  passed: Set<number>;
  /** Whose last verdict was to let it through. */
  passing: Set<number>;
  lastPassAt: number;
  passes: number;
}

const say = (message: FromServers): void => void process.send?.(message);

/** Resource servers that send themselves requests without end, as a process of its own. */
async function main(setup: ServersSetup): Promise<void> {
  const open = ways[setup.way](setup);
  const servers = Array.from({ length: setup.servers }, open);
  let sight: Sight | null = null;

  const serve = async (server: ResourceServer, index: number): Promise<never> => {
    for (;;) {
      await (setup.pauseMs > 0 ? delay(setup.pauseMs) : nextTurn());
      if (!sight) continue;
      const watched = sight;
      const passes = await server.check(watched.token);
      if (!passes) {
        watched.passing.delete(index);
        continue;
      }
      watched.passes++;
      watched.lastPassAt = sharedNow();
      watched.passing.add(index);
      if (watched.passed.has(index)) continue;
      watched.passed.add(index);
      if (watched.passed.size === servers.length) say({ says: 'passing', user: watched.user });
    }
  };

  process.on('message', (message: ToServers) => {
    if (message.do === 'watch') sight = newSight(message);
    else if (message.do === 'tell the end') void tellTheEnd(sight);
    else void tryAgain(servers, message.tokens);
  });
  await Promise.all(servers.map((server) => server.ready()));
  servers.forEach((server, index) => void serve(server, index));
  say({ says: 'ready' });
}

const newSight = ({ user, token }: Watched): Sight => ({
  user,
  token,
  since: { at: sharedNow(), cpu: process.cpuUsage() },
  passed: new Set(),
  passing: new Set(),
  lastPassAt: 0,
  passes: 0,
});

async function tellTheEnd(sight: Sight | null): Promise<void> {
  if (!sight) return;
  const asked = sharedNow();
  const isSettled = () =>
    sight.passing.size === 0 && sharedNow() - Math.max(sight.lastPassAt, asked) >= SETTLED_MS;
  while (!isSettled()) await delay(LOOK_EVERY_MS);
  const { user, system } = process.cpuUsage(sight.since.cpu);
  const end: End = {
    lastPassAt: sight.lastPassAt,
    passes: sight.passes,
    watchedAt: sight.since.at,
    cpuMs: (user + system) / 1000,
    endedAt: sharedNow(),
  };
  say({ says: 'ended', user: sight.user, end });
}

/** What was revoked stays dead (I2), whatever happened to the server meanwhile. */
async function tryAgain(servers: readonly ResourceServer[], tokens: readonly string[]): Promise<void> {
  let passed = 0;
  for (const server of servers) {
    await server.ready();
    for (const token of tokens) if (await server.check(token)) passed++;
  }
  say({ says: 'tried again', passed });
}

process.once('message', (setup: ServersSetup) => {
  main(setup).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
