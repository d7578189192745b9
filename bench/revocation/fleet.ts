import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { preloadedFor } from '../../local/children';
import { type End, type FromServers, type ServersSetup, type ToServers, type Watched } from './messages';

/** Many resource servers in several processes. */
export interface Fleet {
  servers: number;
  /** Sends this user's token to all of them; resolves when each has let it through. */
  watch(watched: Watched): Promise<void>;
  /** Resolves when nobody lets her through any more: one for each process. */
  ended(user: number): Promise<End[]>;
  /** How many times a server lets one of these tokens through now. */
  tryAgain(tokens: readonly string[]): Promise<number>;
  stop(): Promise<void>;
}

/** Longer than any lease, cache or start of an API; whoever takes longer has failed. */
const PATIENCE_MS = 120_000;

export async function startFleet(setups: readonly ServersSetup[]): Promise<Fleet> {
  const members = await Promise.all(setups.map(startMember));
  const all = async <Says extends FromServers['says']>(
    message: ToServers,
    says: Says,
    user?: number,
  ): Promise<Extract<FromServers, { says: Says }>[]> => {
    const heard = members.map((member) => member.hears(says, user));
    members.forEach((member) => member.tell(message));
    return Promise.all(heard);
  };
  return {
    servers: setups.reduce((sum, { servers }) => sum + servers, 0),
    watch: async (watched) => void (await all({ do: 'watch', ...watched }, 'passing', watched.user)),
    ended: async (user) => (await all({ do: 'tell the end' }, 'ended', user)).map(({ end }) => end),
    async tryAgain(tokens) {
      const tried = await all({ do: 'try again', tokens: [...tokens] }, 'tried again');
      return tried.reduce((sum, { passed }) => sum + passed, 0);
    },
    stop: async () => void (await Promise.all(members.map((member) => member.stop()))),
  };
}

interface Member {
  tell(message: ToServers | ServersSetup): void;
  hears<Says extends FromServers['says']>(
    says: Says,
    user?: number,
  ): Promise<Extract<FromServers, { says: Says }>>;
  stop(): Promise<void>;
}

const SERVERS = 'bench/revocation/servers-process.ts';

async function startMember(setup: ServersSetup): Promise<Member> {
  const child = spawn(process.execPath, [...preloadedFor(SERVERS), SERVERS], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  // It ends when it is told to, and not before.
  const left = once(child, 'exit').then(([code]) => {
    throw new Error(`a process of resource servers ended with ${code}`);
  });
  left.catch(() => undefined);
  const member: Member = {
    tell: (message) => void child.send(message),
    hears: (says, user) => Promise.race([left, heard(child, says, user)]),
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
  const ready = member.hears('ready');
  member.tell(setup);
  await ready;
  return member;
}

function heard<Says extends FromServers['says']>(
  child: ChildProcess,
  says: Says,
  user?: number,
): Promise<Extract<FromServers, { says: Says }>> {
  type Wanted = Extract<FromServers, { says: Says }>;
  const isWanted = (message: FromServers): message is Wanted =>
    message.says === says && (user === undefined || (message as { user?: number }).user === user);
  return new Promise((resolve, reject) => {
    const end = () => {
      clearTimeout(late);
      child.off('message', listen);
    };
    const listen = (message: FromServers) => {
      if (!isWanted(message)) return;
      end();
      resolve(message);
    };
    const late = setTimeout(() => {
      end();
      reject(new Error(`the resource servers did not say "${says}" in time`));
    }, PATIENCE_MS);
    child.on('message', listen);
  });
}

/** The last moment at which any of them let the user through. */
export const lastPassOf = (ends: readonly End[]): number =>
  Math.max(...ends.map(({ lastPassAt }) => lastPassAt));
