import type { AccessState } from '../../../src/access/introspection/access-state';
import { isLive } from '../../../src/access/introspection/is-live';
import { readUserToken } from '../../../src/access/introspection/user-token';

const NOW = 1_795_260_000;
const SKEW_MS = 5_000;
const at = (seconds: number) => new Date(seconds * 1000);

const session = { alive: true, epoch: 7, createdAt: at(NOW - 100) };
const state: AccessState = {
  uid: 'ada',
  status: 'active',
  epoch: 7,
  revokedAt: at(NOW - 200),
  session,
  now: at(NOW),
};

describe('I1, I2: the rules by which a token is judged', () => {
  it.each<[string, Record<string, unknown>, Partial<AccessState>, boolean]>([
    ['sid and epoch', { sid: 's', epoch: 7 }, {}, true],
    ['sid alone', { sid: 's' }, {}, true],
    ['epoch alone', { epoch: 7 }, {}, true],
    ['neither, younger than the last end', {}, {}, true],
    ['neither, nothing ever ended', {}, { revokedAt: null }, true],
    ['a user who is suspended', { sid: 's', epoch: 7 }, { status: 'suspended' }, false],
    ['a user who is deactivated', { epoch: 7 }, { status: 'deactivated' }, false],
    ['a suspended user, neither', {}, { status: 'suspended' }, false],
    ['another user’s session', { sid: 's' }, { uid: 'bob' }, false],
    ['another spelling of the uid', { epoch: 7 }, { uid: 'Ada' }, false],
    ['a session that is dead', { sid: 's', epoch: 7 }, { session: { ...session, alive: false } }, false],
    ['no session', { sid: 's', epoch: 7 }, { session: null }, false],
    ['an epoch below the session’s', { sid: 's', epoch: 6 }, {}, false],
    ['an epoch above the session’s', { sid: 's', epoch: 8 }, {}, false],
    ['an epoch below the user’s', { epoch: 6 }, {}, false],
    ['an epoch above the user’s', { epoch: 8 }, {}, false],
    ['neither, older than the last end', { iat: NOW - 201 }, {}, false],
    ['neither, of the skew after the last end', { iat: NOW - 195 }, {}, false],
    ['neither, past the skew', { iat: NOW - 194 }, {}, true],
    ['older than the session', { sid: 's', iat: NOW - 106 }, {}, false],
    ['older by what clocks may differ', { sid: 's', iat: NOW - 105 }, {}, true],
    ['of a moment to come', { sid: 's', iat: NOW + 6 }, {}, false],
    ['ahead by what clocks may differ', { sid: 's', iat: NOW + 5 }, {}, true],
  ])('%s', (_name, claims, more, live) => {
    const token = readUserToken({ sub: 'ada', iat: NOW - 10, exp: NOW + 600, ...claims }, 'epoch');
    expect(isLive(token, { ...state, ...more }, SKEW_MS)).toBe(live);
  });

  it('a token of the session’s first second is not older, though no clocks may differ', () => {
    const token = readUserToken({ sub: 'ada', sid: 's', iat: NOW, exp: NOW + 600 }, 'epoch');
    const begun = { ...session, createdAt: new Date(NOW * 1000 + 900) };
    const now = new Date(NOW * 1000 + 950);
    expect(isLive(token, { ...state, session: begun, now }, 0)).toBe(true);
    expect(isLive({ ...token, iat: NOW - 1 }, { ...state, session: begun, now }, 0)).toBe(false);
  });
});
