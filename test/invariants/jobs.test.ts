import { rounds } from '../support/test-environment';
import { killJobWorkers } from './crashes/kill-job-worker';

jest.setTimeout(rounds(120_000, 3_600_000));

describe('I3: a job changes each of its users once', () => {
  it('kill -9 of the worker in the middle of it', () => killJobWorkers(rounds(1, 10)));
});
