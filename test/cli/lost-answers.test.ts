import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { rowsOf } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';
import { type Cli, createCli, credentialsOf } from './support/cli';

let api: TestApi;
let line: Server;
let cli: Cli;
/** How many answers the line will still lose. */
let toLose = 0;

beforeAll(async () => {
  api = await startTestApi({ DIALECTS: 'cometchat,zim' });
  // A line on which requests arrive and answers may not.
  line = createServer((request, response) => {
    void (async () => {
      const chunks = (await request.toArray()) as Buffer[];
      const answer = await fetch(`${api.url}${request.url}`, {
        method: request.method,
        headers: Object.entries(request.headers).filter(
          (header): header is [string, string] =>
            typeof header[1] === 'string' && /^(authorization|content-type|idempotency-key)$/.test(header[0]),
        ),
        body: chunks.length > 0 ? Buffer.concat(chunks) : undefined,
      });
      const body = await answer.text();
      if (toLose-- > 0) response.destroy();
      else response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(body);
    })();
  });
  await new Promise<void>((resolve) => line.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(line.address() as AddressInfo).port}`;
  cli = await createCli(credentialsOf({ url, issuer: api.issuer }, 'admin'));
});
afterAll(async () => {
  await cli.close();
  await new Promise((resolve) => line.close(resolve));
  await api.close();
});

it.each([
  ['cometchat-keys', 'cometchat_keys', /^key +was lost on its way; revoke this key, and make another$/m],
  ['zim-apps', 'zim_apps', /^server secret +was lost on its way; revoke this app, and register another$/m],
] as const)('%s create makes one where its answer was lost, and says so', async (command, table, words) => {
  toLose = 1;
  const { code, stdout } = await cli.run(command, 'create', 'Lost');
  expect([code, toLose]).toEqual([0, -1]);
  expect(await rowsOf(api.services.database, table)).toHaveLength(1);
  expect(stdout).toMatch(words);
});
