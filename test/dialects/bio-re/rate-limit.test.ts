import { randomUUID } from 'node:crypto';
import { startTestApi, type TestApi } from '../../support/test-api';
import { block, errorOf, list, type Member, newMember, SCOPE, unblock } from './support/bio-re';

let api: TestApi;
let logged: Record<string, unknown>[];
beforeAll(async () => {
  logged = [];
  const logTo = { write: (line: string) => logged.push(JSON.parse(line) as Record<string, unknown>) };
  api = await startTestApi({ LOG_LEVEL: 'info', RATE_LIMIT_DEFAULT: '40' }, logTo);
});
afterAll(() => api.close());
// No hour ends in the middle of a test.
beforeEach(() => jest.spyOn(Date, 'now').mockReturnValue(Date.now()));
afterEach(() => jest.restoreAllMocks());

const blockMany = async (who: Member, uids: readonly string[]): Promise<number[]> => {
  const statuses: number[] = [];
  for (const uid of uids) statuses.push((await block(api, who, uid)).status);
  return statuses;
};

it('a user blocks ten times an hour where nothing else is configured; then 429 with Retry-After, in the envelope', async () => {
  const [ada, grace] = [await newMember(api), await newMember(api)];
  const attempts = [grace.uid, grace.uid, ada.uid, ...Array.from({ length: 6 }, () => randomUUID())];
  expect(await blockMany(ada, attempts)).toEqual([200, 409, 400, ...Array<number>(6).fill(404)]);
  // What names nobody is no attempt.
  expect(await blockMany(ada, ['string', 'string'])).toEqual([400, 400]);
  expect((await unblock(api, ada, grace.uid)).status).toBe(200);
  expect((await block(api, ada, grace.uid)).status).toBe(200);

  const refused = await block(api, ada, grace.uid);
  expect([refused.status, errorOf(refused).code]).toEqual([429, 'RATE_LIMIT_EXCEEDED']);
  const left = 3_600 - (Math.floor(Date.now() / 1000) % 3_600);
  expect(Math.abs(Number(refused.headers.get('retry-after')) - left)).toBeLessThanOrEqual(1);
  // It bounds what a user blocks: not what she takes back and reads, and no other user.
  const others = [await unblock(api, ada, grace.uid), await list(api, ada), await block(api, grace, ada.uid)];
  expect(others.map(({ status }) => status)).toEqual([200, 200, 200]);
});

it('reading has the limit of all users of a client, of which 429 in the envelope tells, too', async () => {
  const { uid } = await newMember(api);
  const token = await api.issuer.sign({ sub: uid, client_id: 'app', scope: SCOPE });
  const answers = await Promise.all(Array.from({ length: 41 }, () => list(api, { token })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(40);
  const [refused] = answers.filter(({ status }) => status === 429);
  expect(refused?.headers.get('retry-after')).toBe('1');
  expect(refused && errorOf(refused).i18nKey).toBe('rate_limit.exceeded');
});

it('the log says who has blocked whom, by ids alone', async () => {
  const [ada, grace] = [await newMember(api), await newMember(api)];
  logged = [];
  await block(api, ada, grace.uid);
  const { headers } = await unblock(api, ada, grace.uid);
  await unblock(api, ada, grace.uid);
  const lines = logged.filter(({ msg }) => String(msg).startsWith('[block]'));
  expect(lines.map(({ level, msg }) => [level, msg])).toEqual([
    [30, `[block] User ${ada.id} blocked ${grace.id}`],
    [30, `[block] User ${ada.id} unblocked ${grace.id}`],
  ]);
  expect(lines[1]).toMatchObject({
    ownerId: ada.id,
    blockedId: grace.id,
    requestId: headers.get('x-request-id'),
  });
  for (const { uid } of [ada, grace]) expect(JSON.stringify(logged)).not.toContain(uid);
});

it('its contract is shown beside ours, which knows nothing of it', async () => {
  const page = await fetch(`${api.url}/docs/bio-re`);
  expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('/api/v1/users/blocked')]);
  expect((await fetch(`${api.url}/openapi/bio-re.json`)).status).toBe(200);
  const ours = await (await fetch(`${api.url}/openapi.json`)).text();
  expect(ours).not.toContain('/api/v1/users/blocked');
});
