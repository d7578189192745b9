import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { change, clientToken, newSession, newUser } from '../api/support/fixtures';
import { waitFor } from '../support/processes';
import { startTestApi, type TestApi } from '../support/test-api';

const script = join(__dirname, '../../examples/revocation-feed/follow.py');
const hasPython = spawnSync('python3', ['--version']).status === 0;

it('is the one that the README shows', () => {
  const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
  expect(readme).toContain(readFileSync(script, 'utf8').trimEnd());
});

// Where there is no python3 nothing can be shown of it.
(hasPython ? describe : describe.skip)(
  'the feed, followed in Python without any code of ours (needs python3)',
  () => {
    let api: TestApi;
    let follower: ChildProcess;
    let printed = '';

    beforeAll(async () => {
      api = await startTestApi();
      const token = await clientToken(api, 'revocations:read');
      follower = spawn('python3', [script], {
        env: { ...process.env, API: `${api.url}/api/v1`, TOKEN: token },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      follower.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    });
    afterAll(async () => {
      follower.kill();
      await api.close();
    });

    it('is told of a block and of the end of one session', async () => {
      const { id } = await newUser(api, { uid: 'ada' });
      const { sessionId } = await newSession(api, id);
      expect((await api.call('DELETE', `/api/v1/sessions/${sessionId}`)).status).toBe(204);
      await change(api, 'block', id);
      // A line may come in pieces: what follows the last end of one is not whole yet.
      const lines = () => printed.split('\n').slice(0, -1);
      await waitFor(() => (lines().length === 2 ? true : undefined), 'what it prints');
      expect(lines()).toEqual([`ada ${sessionId} 1`, 'ada everything 2']);
    });
  },
);
