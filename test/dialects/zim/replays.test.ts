import { sql } from '../../../src/database/sql';
import { type Platform, startPlatform } from '../../support/processes';
import { rounds } from '../../support/test-environment';
import { createZimClient, type ZimApp, ZIM_ENVIRONMENT } from './zim-client';

const LET_THROUGH = 0;
const SIGNATURE_REFUSED = 100000005;
/** To each of the processes. */
const CALLS = 4;

// It waits for processes to start.
jest.setTimeout(rounds(120_000, 3_600_000));

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform(ZIM_ENVIRONMENT);
});
afterAll(() => platform.close());

test('of identical signed calls that come to several processes at once, one is let through', async () => {
  const apis = await Promise.all([platform.startApi(), platform.startApi()]);
  const [here] = apis;
  const { body } = await here.call('POST', '/api/v1/zim/apps', { body: { name: 'Chat' } });
  const clients = apis.map(({ url }) => createZimClient(url, body as ZimApp));
  for (let round = 0; round < rounds(20, 1_000); round++) {
    const parameters = clients[0]?.parameters({ Action: 'UserRegister' }) ?? new URLSearchParams();
    const answers = await Promise.all(
      Array.from({ length: CALLS }, (_, call) =>
        clients.map((client, at) =>
          // Whoever is let through makes a user, however often somebody was before.
          client.send('POST', parameters, { UserInfo: [{ UserId: `u${round}-${call}-${at}` }] }),
        ),
      ).flat(),
    );
    const codes = answers.map(({ Code }) => Code).sort((a, b) => a - b);
    expect(codes).toEqual([LET_THROUGH, ...Array.from({ length: 2 * CALLS - 1 }, () => SIGNATURE_REFUSED)]);
    const { rows } = await platform.database.query(
      sql`SELECT uid FROM users WHERE uid LIKE ${`u${round}-%`}`,
    );
    expect(rows).toHaveLength(1);
  }
});
