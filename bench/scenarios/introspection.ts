import type { BenchDatabase } from '../bench-database';
import { newBenchKeys } from '../bench-keys';
import { askBare, askBareForm, askPortcullis, type Subject } from '../introspection/callers';
import { type BenchIssuer, startBenchIssuer } from '../issuer';
import { openDatabase } from '../open-database';
import { startApiProcess, startProcess } from '../processes';
import { progress } from '../progress';
import { race } from '../race';
import { seedUsers } from '../seed';

const BARE = 'bare GET';
const BARE_FORM = 'bare form';
const CALLERS = 32;
const POOL_SIZE = 16;
const USERS = 20_000;
/** As many users are at work at the same time. */
const AT_WORK = 2_000;
/** More than the API remembers: asked about in turn, the signature of each is verified anew. */
const UNREMEMBERED = 12_000;

/**
 * Introspection beside bare Express routes that do one lookup in the same store, one of them sent the same form,
 * interleaved, at 32 callers: of tokens that come again and again, as a resource server sends them, and of tokens that the API has not seen lately.
 */
export async function introspection(place: BenchDatabase): Promise<void> {
  const database = await openDatabase(place, 2);
  await seedUsers(database, USERS);
  await database.close();
  const issuer = await startBenchIssuer();
  const subjects = await issueTokens(issuer, UNREMEMBERED);
  const [api, floor] = await Promise.all([
    startApiProcess(place, { keys: newBenchKeys(), issuer }),
    startProcess('bench/introspection/floor-api.ts', {
      DATABASE_URL: place.url,
      DATABASE_POOL_SIZE: String(POOL_SIZE),
    }),
  ]);
  const crowd = { callers: CALLERS, subjects: subjects.slice(0, AT_WORK) };
  const contenders = [
    askBare(BARE, { ...crowd, url: floor.url }),
    askBareForm(BARE_FORM, { ...crowd, url: floor.url }),
    askPortcullis('known tokens', issuer.token, { ...crowd, url: api.url }),
    askPortcullis('new tokens', issuer.token, { ...crowd, url: api.url, subjects }),
  ];
  try {
    await race(contenders, CALLERS, [BARE, BARE_FORM]);
  } finally {
    await Promise.all(contenders.map((contender) => contender.close()));
    await Promise.all([api.stop(), floor.stop()]);
    issuer.close();
  }
}

/** One for each of the first users, of her first session. */
async function issueTokens(issuer: BenchIssuer, count: number): Promise<Subject[]> {
  const subjects: Subject[] = [];
  for (let id = 1; id <= count; id++) {
    if (id % 2_000 === 0) progress(`signing ${id} of ${count} tokens`);
    const sid = `bench-${id}-0`;
    const claims = { sub: `bench-${id}`, client_id: 'web', sid, epoch: 1, jti: sid, scope: 'orders:read' };
    subjects.push({ sid, token: await issuer.sign(claims) });
  }
  return subjects;
}
