import { NDJSON } from '../../../src/http/ndjson';
import { startTestApi, type TestApi } from '../../support/test-api';
import * as calls from './revocation-calls';
import { FEED, type Revocations, uidsOf } from './revocation-calls';

let api: TestApi;
const left: AbortController[] = [];
beforeAll(async () => {
  api = await startTestApi({ LOG_LEVEL: 'silent' });
});
afterEach(() => {
  jest.restoreAllMocks();
  left.splice(0).forEach((controller) => controller.abort());
});
afterAll(() => api.close());

const end = (): Promise<string> => calls.atEnd(api);
const commit = (uid: string): Promise<void> => calls.commit(api, uid);

/** Asks for lines; each is there when it has come. */
async function follow(query: Record<string, string>) {
  const controller = new AbortController();
  left.push(controller);
  const response = await fetch(`${api.url}${FEED}?${String(new URLSearchParams(query))}`, {
    headers: { authorization: `Bearer ${await api.issuer.tokenFor('admin')}`, accept: NDJSON },
    signal: controller.signal,
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, NDJSON]);
  return linesOf(response);
}

async function* linesOf(response: Response): AsyncGenerator<Revocations, void> {
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split('\n');
    text = lines.pop() ?? '';
    for (const line of lines) yield JSON.parse(line) as Revocations;
  }
}

const nextOf = async (lines: AsyncGenerator<Revocations, void>): Promise<Revocations> => {
  const step = await lines.next();
  if (step.done) throw new Error('there was no further line');
  return step.value;
};

describe('a feed that is asked for lines', () => {
  it('tells at once what there is, and then each end of access as it comes', async () => {
    const after = await end();
    await commit('before');
    const lines = await follow({ after, wait: '30' });
    const first = await nextOf(lines);
    expect(uidsOf(first)).toEqual(['before']);
    for (const uid of ['ada', 'eve']) {
      await commit(uid);
      expect(uidsOf(await nextOf(lines))).toEqual([uid]);
    }
  });

  it('says at once where there is nothing, and not at the end of its wait', async () => {
    const after = await end();
    const begun = performance.now();
    const first = await nextOf(await follow({ after, wait: '30' }));
    expect(first).toMatchObject({ items: [], next: after, more: false });
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  it('ends with its wait', async () => {
    const begun = performance.now();
    const lines = await follow({ after: await end(), wait: '0.5' });
    await nextOf(lines);
    expect(await lines.next()).toMatchObject({ done: true });
    expect(performance.now() - begun).toBeGreaterThan(490);
  });

  it('tells all of a backlog in one answer, page by page', async () => {
    const after = await end();
    for (const uid of ['a', 'b', 'c']) await commit(uid);
    const pages: Revocations[] = [];
    for await (const page of await follow({ after, limit: '1' })) pages.push(page);
    expect(pages.map(uidsOf)).toEqual([['a'], ['b'], ['c']]);
    expect(pages.map(({ more }) => more)).toEqual([true, true, false]);
    expect(await end()).toBe(pages.at(-1)?.next);
  });

  it('lets a guard go a moment after it was told something, to say that it has applied it', async () => {
    const after = await end();
    const lines = await follow({ after, wait: '30', instance: 'a', lease: '60000' });
    await nextOf(lines);
    await commit('told');
    const told = performance.now();
    expect(uidsOf(await nextOf(lines))).toEqual(['told']);
    expect(await lines.next()).toMatchObject({ done: true });
    expect(performance.now() - told).toBeLessThan(5_000);
  });

  it('tells nothing twice and leaves nothing out, however many come while it goes from one answer to the next', async () => {
    let after = await end();
    const told: string[] = [];
    const wanted = Array.from({ length: 60 }, (_, index) => `of-many-${index}`);
    const committing = (async () => {
      for (const uid of wanted) await commit(uid);
    })();
    while (told.length < wanted.length) {
      for await (const page of await follow({ after, wait: '30', instance: 'b', lease: '60000' })) {
        told.push(...uidsOf(page));
        after = page.next;
      }
    }
    await committing;
    expect(told).toEqual(wanted);
  });

  it('costs many who wait one or two reads for an end of access, and twenty a second for those who come', async () => {
    const after = await end();
    const all = await Promise.all(Array.from({ length: 40 }, () => follow({ after, wait: '30' })));
    await Promise.all(all.map(nextOf));
    const reads = jest.spyOn(api.services.database, 'queryPrimary');
    const seen = () => reads.mock.calls.filter(([{ text }]) => text.join('').includes('access_revocations'));
    const asked = performance.now();
    await commit('told');
    expect((await Promise.all(all.map(nextOf))).map(uidsOf)).toEqual(Array(40).fill(['told']));
    // One of them is that of each second, which may come at any moment.
    expect(seen().length).toBeLessThanOrEqual(3 + Math.floor((performance.now() - asked) / 1000));
    reads.mockClear();
    const next = await end();
    const begun = performance.now();
    const before = seen().length;
    const more = await Promise.all(Array.from({ length: 40 }, () => follow({ after: next, wait: '30' })));
    await Promise.all(more.map(nextOf));
    expect(seen().length - before).toBeLessThanOrEqual(2 + (performance.now() - begun) / 50);
  });

  it('is refused as anybody else is, before its first line', async () => {
    const headers = { accept: NDJSON };
    const ahead = '1.zzzzz.zzzzz.mi7m8qrk..';
    const { status, body } = await api.call('GET', `${FEED}?wait=30&after=${ahead}`, { headers });
    expect([status, body]).toMatchObject([410, { code: 'revocations.cursor_unknown' }]);
    const invalid = await api.call('GET', `${FEED}?after=nonsense`, { headers });
    expect(invalid.status).toBe(400);
  });

  it('cuts the connection once its database does not answer: half of the truth is none', async () => {
    const lines = await follow({ after: await end(), wait: '30' });
    await nextOf(lines);
    jest.spyOn(api.services.database, 'queryPrimary').mockImplementation(() => new Promise(() => undefined));
    await expect(lines.next()).rejects.toThrow();
  });
});

// The last: nobody waits any more after it.
it('a process that stops ends the answer at once', async () => {
  const lines = await follow({ after: await end(), wait: '30' });
  await nextOf(lines);
  const begun = performance.now();
  api.services.stopWaiting();
  expect(await lines.next()).toMatchObject({ done: true });
  expect(performance.now() - begun).toBeLessThan(5_000);
});
