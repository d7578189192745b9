import { rounds } from '../../support/test-environment';
import { seededRandom } from '../support/random';
import { killApis } from './kill-api';
import { killEverything } from './kill-everything';
import { killWorkers } from './kill-worker';
import { loseQueue } from './lose-queue';

jest.setTimeout(rounds(240_000, 3_600_000));

// At the same time, each with a database and processes of its own: what was lost comes again after half a minute,
// and the three half minutes may as well be one.
describe('I4: every requested webhook arrives, repeats carry the same id, and nobody else is told', () => {
  it.concurrent('kill -9 of the worker between sending and recording', () => killWorkers(rounds(1, 10)));

  it.concurrent('kill -9 of the API right after the commit', async () => {
    const kills = rounds(2, 60);
    const { stored, unanswered } = await killApis(kills, seededRandom('kills of the API'));
    process.stdout.write(`${kills} kills: ${stored} blocks stored, ${unanswered} of them not answered\n`);
  });

  it.concurrent('kill -9 of worker, database and Redis at random moments', async () => {
    const [times, deliveries] = [rounds(1, 3), rounds(200, 5_000)];
    const repeats = await killEverything(times, deliveries, seededRandom('kills of everything'));
    process.stdout.write(`${times} rounds of ${deliveries} deliveries: none lost, ${repeats} repeated\n`);
  });

  it.concurrent('the queue loses all its data while blocks run', () => loseQueue(rounds(1, 10)));
});
