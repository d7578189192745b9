import { newUuid } from '../../src/database/uuid';
import type { AttemptOutcome } from '../../src/events/channel';
import { type EndpointAttempt, pauseOf, verdictsOf } from '../../src/webhooks/endpoint-verdict';
import { endpointRow, failedWith, succeeded } from './endpoint-fixtures';

const NOW = new Date('2026-11-21T12:00:00.000Z');
const found = (endpoint: EndpointAttempt['receiver'], outcome: AttemptOutcome, startedAt = NOW) => ({
  receiver: endpoint,
  outcome,
  startedAt,
});
const verdicts = (...attempts: EndpointAttempt[]) => verdictsOf(attempts, () => 0);

describe('what attempts say about their endpoint', () => {
  const endpoint = endpointRow();
  const failed = failedWith(500);

  it.each([
    ['a success', [succeeded], { answers: true, fails: false }],
    ['a failure', [failed], { answers: false, fails: true }],
    ['a failure before a success', [failed, succeeded], { answers: true, fails: false }],
    ['a failure after a success', [succeeded, failed], { answers: true, fails: true }],
    ['410', [{ ...failedWith(410), kind: 'refused' as const }], { fails: true, gone: true }],
    ['410 among successes', [{ ...failedWith(410), kind: 'refused' as const }, succeeded], { gone: true }],
    ['a 4xx that is no 410', [failedWith(404)], { fails: true, gone: false, pauseMs: null }],
    ['an address that is refused', [{ ...failed, errorKind: 'address' as const }], { fails: true }],
    ['a fault of ours', [{ ...failed, errorKind: 'internal' as const }], { answers: false, fails: false }],
    [
      'an attempt that was skipped',
      [{ ...failed, kind: 'skipped' as const }],
      { answers: false, fails: false },
    ],
  ])('%s', (_what, outcomes, expected) => {
    const [verdict, ...more] = verdicts(...outcomes.map((outcome) => found(endpoint, outcome)));
    expect(verdict).toMatchObject({ gone: false, ...expected });
    expect(more).toEqual([]);
  });

  it('an endpoint that is not there is none of it', () => {
    expect(verdicts(found(undefined, { ...failed, kind: 'gone' }))).toEqual([]);
  });

  it('each endpoint by itself, in the order of the ids, so that two workers lock alike', () => {
    const [first, second] = [endpointRow({ id: newUuid() }), endpointRow({ id: newUuid() })];
    expect(verdicts(found(second, failed), found(first, succeeded), found(second, failed))).toMatchObject([
      { endpoint: first, answers: true, fails: false },
      { endpoint: second, answers: false, fails: true },
    ]);
  });

  it('an attempt upon the endpoint as it was before somebody changed it says nothing', () => {
    const changed = { ...endpoint, version: 2 };
    const later = new Date(NOW.getTime() + 1);
    const before = found(endpoint, { ...failedWith(410), kind: 'refused' });
    expect(verdicts(found(changed, succeeded, later), before)).toMatchObject([
      { endpoint: changed, answers: true, fails: false, gone: false },
    ]);
  });
});

describe('how long an endpoint is spared', () => {
  const HOUR_MS = 3_600_000;

  it.each([200, 400, 404, 410, 500, 503, null])('%s asks for no pause of the endpoint', (statusCode) => {
    expect(pauseOf({ ...failedWith(500), statusCode, retryAfterSeconds: 5 }, 0, 0)).toBeNull();
  });

  it.each([429, 502, 504])('%s with Retry-After: as long as it says, an hour at most', (statusCode) => {
    const pause = (retryAfterSeconds: number) =>
      pauseOf({ ...failedWith(statusCode), retryAfterSeconds }, 0, 1);
    expect([pause(0.5), pause(30), pause(3_600), pause(86_400)]).toEqual([500, 30_000, HOUR_MS, HOUR_MS]);
  });

  it.each([
    [0, 1_000],
    [700, 1_000],
    [4_000, 4_000],
    [59_000, 59_000],
    [5 * 86_400_000, 60_000],
  ])(
    'without Retry-After, after %i ms of failures: %i ms, and up to a fifth more',
    (failingForMs, expected) => {
      expect(pauseOf(failedWith(429), failingForMs, 0)).toBe(expected);
      expect(pauseOf(failedWith(429), failingForMs, 1)).toBe(expected * 1.2);
    },
  );

  it('of several answers the longest counts, and it grows with the time since the first failure', () => {
    const endpoint = endpointRow({ failingSince: new Date(NOW.getTime() - 8_000) });
    const asking = { ...failedWith(429), retryAfterSeconds: 2 };
    expect(verdicts(found(endpoint, asking), found(endpoint, failedWith(502)))).toMatchObject([
      { pauseMs: 8_000 },
    ]);
  });
});
