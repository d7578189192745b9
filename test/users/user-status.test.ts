import { toInteger } from '../../src/database/decode';
import { fromNow, sql } from '../../src/database/sql';
import { hasStatus, statusOf, type UserStatus } from '../../src/users/user-status';
import { type OpenDatabase, openDatabase } from '../database/support/open-database';

interface Case {
  suspended: boolean;
  /** Milliseconds from now. */
  untilMs: number | null;
  deactivated: boolean;
  expected: UserStatus;
  /** Once an hour has passed. */
  later: UserStatus;
}

const HOUR_MS = 3_600_000;
const none = { suspended: false, untilMs: null, deactivated: false };
const cases: Case[] = [
  { ...none, expected: 'active', later: 'active' },
  { ...none, suspended: true, expected: 'suspended', later: 'suspended' },
  { ...none, suspended: true, untilMs: HOUR_MS / 2, expected: 'suspended', later: 'active' },
  { ...none, suspended: true, untilMs: HOUR_MS * 2, expected: 'suspended', later: 'suspended' },
  { ...none, suspended: true, untilMs: -1_000, expected: 'active', later: 'active' },
  { ...none, untilMs: HOUR_MS * 2, expected: 'active', later: 'active' },
  { ...none, untilMs: -1_000, expected: 'active', later: 'active' },
  { ...none, deactivated: true, expected: 'deactivated', later: 'deactivated' },
  { ...none, deactivated: true, suspended: true, expected: 'deactivated', later: 'deactivated' },
  {
    deactivated: true,
    suspended: true,
    untilMs: HOUR_MS / 2,
    expected: 'deactivated',
    later: 'deactivated',
  },
];
const now = new Date('2026-11-21T12:00:00.000Z');
const fromThen = (ms: number | null) => (ms === null ? null : new Date(now.getTime() + ms));

describe('the status of a user', () => {
  it.each(cases)('%o', ({ suspended, untilMs, deactivated, expected, later }) => {
    const user = {
      suspended,
      suspendedUntil: fromThen(untilMs),
      deactivatedAt: deactivated ? now : null,
    };
    expect(statusOf(user, now)).toBe(expected);
    expect(statusOf(user, new Date(now.getTime() + HOUR_MS))).toBe(later);
  });

  it('is active again at the very moment of the until', () => {
    const user = { suspended: true, suspendedUntil: now, deactivatedAt: null };
    expect(statusOf(user, new Date(now.getTime() - 1))).toBe('suspended');
    expect(statusOf(user, now)).toBe('active');
  });
});

describe('its SQL twin', () => {
  let open: OpenDatabase;
  beforeAll(async () => {
    open = await openDatabase();
    const { database } = open;
    for (const [index, { suspended, untilMs, deactivated }] of cases.entries()) {
      const until = untilMs === null ? null : fromNow(untilMs);
      await database.query(sql`INSERT INTO users (id, uid, suspended, suspended_until, deactivated_at, access_epoch,
        event_sequence, version, created_at, updated_at) VALUES (${index + 1}, ${String(index)}, ${suspended},
        ${until}, ${deactivated ? now : null}, 1, 0, 1, ${now}, ${now})`);
    }
  });
  afterAll(() => open.close());

  it.each([
    ['now', 0, 'expected'],
    ['an hour later', HOUR_MS, 'later'],
  ] as const)('says the same %s, and each user has one status', async (_when, shiftMs, key) => {
    open.clock.shiftMs = shiftMs;
    const found = new Map<number, UserStatus[]>();
    for (const status of ['active', 'suspended', 'deactivated'] as const) {
      const { rows } = await open.database.query(sql`SELECT u.id FROM users u WHERE ${hasStatus(status)}`);
      for (const row of rows) found.set(toInteger(row.id), [...(found.get(toInteger(row.id)) ?? []), status]);
    }
    open.clock.shiftMs = 0;
    expect(cases.map((_, index) => found.get(index + 1))).toEqual(cases.map((one) => [one[key]]));
  });
});
