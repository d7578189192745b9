import { type AccessLedger, type Ending, type Use, violationsOf } from './support/access-ledger';

const LEASE_MS = 5_000;

const signIn = (at: number, epoch: number, sid = 's'): Use => ({
  asks: 'sign-in',
  sid,
  epoch,
  accepted: true,
  sentAt: at,
  answeredAt: at + 10,
});
const use = (asks: Use['asks'], at: number, accepted = true): Use => ({
  asks,
  sid: 's',
  accepted,
  sentAt: at,
  answeredAt: at + 10,
});
const ending = (does: Ending['does'], at: number, more: Partial<Ending> = {}): Ending => ({
  does,
  sentAt: at,
  answeredAt: at + 10,
  ...more,
});
const found = (endings: Ending[], uses: Use[]): string[] =>
  violationsOf({ endings, uses } satisfies AccessLedger, LEASE_MS);

/** The soak counts what this finds: what it cannot find would not be counted. */
describe('I1, I2: the count of violations finds those that are planted', () => {
  it.each<[string, Ending[], Use[]]>([
    ['a sign-in after a block', [ending('block', 0)], [signIn(20, 2)]],
    ['a touch after a block', [ending('block', 20)], [signIn(0, 1), use('touch', 40)]],
    ['an introspection after a block', [ending('block', 20)], [signIn(0, 1), use('introspection', 40)]],
    [
      'an old token after the unblock',
      [ending('block', 20), ending('unblock', 40)],
      [signIn(0, 1), use('touch', 60)],
    ],
    [
      'an old token after an unblock that changed nothing',
      [ending('unblock', 20)],
      [signIn(0, 1), use('touch', 40)],
    ],
    [
      'an old token after the block ran out',
      [ending('block', 20, { until: 300 })],
      [signIn(0, 1), use('touch', 400)],
    ],
    ['an ended session', [ending('revoke', 20, { sid: 's' })], [signIn(0, 1), use('introspection', 40)]],
    ['a session of all that ended', [ending('revoke', 20)], [signIn(0, 1), use('introspection', 40)]],
    // Made at the same time; the epochs say which came first.
    [
      'a token of the older epoch',
      [ending('block', 5, { epoch: 2 }), ending('unblock', 20)],
      [signIn(0, 1), use('touch', 40)],
    ],
    ['a new session under an old epoch', [ending('revoke', 0, { epoch: 2 })], [signIn(20, 1)]],
    ['what was refused once', [], [signIn(0, 1), use('touch', 20, false), use('introspection', 40)]],
    ['a touch that tells another epoch', [], [signIn(0, 1), { ...use('touch', 20), epoch: 2 }]],
    ['a guard after its lease', [ending('block', 20)], [signIn(0, 1), use('guard', 30 + LEASE_MS + 1)]],
    ['a sign-in before the block runs out', [ending('block', 0, { until: 1_000 })], [signIn(500, 2)]],
    [
      'a sign-in when an earlier block would have run out',
      [ending('block', 0, { until: 200 }), ending('block', 20)],
      [signIn(300, 3)],
    ],
  ])('%s', (_what, endings, uses) => {
    expect(found(endings, uses)).not.toEqual([]);
  });

  it.each<[string, Ending[], Use[]]>([
    ['a sign-in while the block is under way', [ending('block', 0)], [signIn(5, 1)]],
    ['a touch while the block is under way', [ending('block', 20)], [signIn(0, 1), use('touch', 25)]],
    [
      'a sign-in while the unblock is under way',
      [ending('block', 0), ending('unblock', 20)],
      [signIn(25, 3)],
    ],
    ['a block and an unblock at once', [ending('block', 0), ending('unblock', 5)], [signIn(20, 3)]],
    [
      'an unblock of which nobody knows',
      [ending('block', 0), ending('unblock', 20, { answeredAt: Infinity })],
      [signIn(500, 3)],
    ],
    [
      'a block of which nobody knows',
      [ending('block', 20, { answeredAt: Infinity })],
      [signIn(0, 1), use('touch', 500)],
    ],
    ['a sign-in after the block ran out', [ending('block', 0, { until: 200 })], [signIn(300, 2)]],
    [
      'a session beside one that ended',
      [ending('revoke', 20, { sid: 'other' })],
      [signIn(0, 1), use('touch', 40)],
    ],
    ['a guard within its lease', [ending('block', 20)], [signIn(0, 1), use('guard', 30 + LEASE_MS - 1)]],
    [
      'a refusal',
      [ending('block', 20)],
      [signIn(0, 1), use('touch', 40, false), use('introspection', 60, false)],
    ],
  ])('and takes nothing else for one: %s', (_what, endings, uses) => {
    expect(found(endings, uses)).toEqual([]);
  });
});
