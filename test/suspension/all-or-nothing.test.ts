import type { Engine } from '../../src/database/engines/engine';
import { FAR_FUTURE, newEndpoint, newSession, newUser } from '../api/support/fixtures';
import { emptyTables, snapshotOf } from '../api/support/tables';
import { startTestApi, type TestApi } from '../support/test-api';

const ASKED = { triggerWebhook: true, notifyUserViaEmail: true, suspensionReason: 'Two' };
const FLAGS = { triggerWebhook: true, notifyUserViaEmail: true };
/** The statements of a script; none of ours holds a semicolon in its text, nor do the values of this test. */
const statementsOf = (script: string) => script.split('; ');

describe('I3: a failure at any statement leaves no row of any kind', () => {
  let api: TestApi;
  let engine: Engine;
  let send: Engine['send'];

  beforeAll(async () => {
    api = await startTestApi({ LOG_LEVEL: 'silent' });
    engine = api.services.database.engine;
    send = engine.send.bind(engine);
    await newUser(api, { id: 101, email: 'ada@example.com' });
    await newEndpoint(api);
  });
  afterEach(() => jest.restoreAllMocks());
  afterAll(() => api.close());

  /** Counts the statements of what is called. */
  async function countStatements(work: () => Promise<unknown>): Promise<number> {
    let count = 0;
    const spy = jest.spyOn(engine, 'send').mockImplementation((connection, script, expected) => {
      count += statementsOf(script).length;
      return send(connection, script, expected);
    });
    await work();
    spy.mockRestore();
    return count;
  }

  /** Puts a statement that the server refuses in front of each transaction's `position`th, where it really fails. */
  function failAt(position: number): void {
    let seen = 0;
    jest.spyOn(engine, 'send').mockImplementation((connection, script, expected) => {
      const statements = statementsOf(script);
      // What failed in a group is tried once more by itself.
      if (statements[0] === 'BEGIN') seen = 0;
      const at = position - seen;
      seen += statements.length;
      if (at < 0 || at >= statements.length) return send(connection, script, expected);
      const faulty = [...statements.slice(0, at), 'SELECT no_such_column', ...statements.slice(at)];
      return send(connection, faulty.join('; '), faulty.length);
    });
  }

  const user = '/api/v1/users/101';
  const sessions = '/api/v1/users/101/sessions';
  it.each<[string, string, string, object | undefined, () => Promise<unknown>]>([
    ['a first block', 'PATCH', '/api/v1/users/101/block', ASKED, () => reset()],
    ['a block that replaces', 'PATCH', '/api/v1/users/101/block', ASKED, () => blockFor('One')],
    ['a repeat for another channel', 'PATCH', '/api/v1/users/101/block', ASKED, () => blockFor('Two')],
    ['an unblock', 'PATCH', '/api/v1/users/101/unblock', { triggerWebhook: true }, () => blockFor('One')],
    ['a revocation of all sessions', 'DELETE', sessions, undefined, () => reset()],
    ['a sign-in', 'POST', sessions, { clientId: 'web', expiresAt: FAR_FUTURE }, () => reset()],
    ['a user', 'POST', '/api/v1/users', { email: 'eve@example.com' }, () => reset()],
    ['an update', 'PATCH', user, { firstName: 'Ada', email: 'king@example.com' }, () => renew()],
    ['a deactivation', 'DELETE', user, FLAGS, () => renew()],
    [
      'a reactivation',
      'POST',
      `${user}/reactivate`,
      FLAGS,
      () => renew().then(() => api.call('DELETE', user)),
    ],
    ['an anonymisation', 'PUT', `${user}/personal-data`, FLAGS, () => renew()],
    ['an erasure', 'DELETE', user, { permanent: true, ...FLAGS }, () => renew()],
  ])('of %s', async (_name, method, path, body, prepare) => {
    await prepare();
    const total = await countStatements(() => api.call(method, path, { body }));
    expect(total).toBeGreaterThan(3);
    await prepare();
    for (let position = 0; position < total; position++) {
      const before = await snapshotOf(api.services.database);
      failAt(position);
      const { status } = await api.call(method, path, { body });
      jest.restoreAllMocks();
      expect(status).toBe(500);
      expect(await snapshotOf(api.services.database)).toEqual(before);
    }
    // The same call without a fault: what was tried could have happened.
    expect((await api.call(method, path, { body })).status).toBeLessThan(300);
  });

  const reset = () => api.call('PATCH', '/api/v1/users/101/unblock');
  /** The user once more as she was, whatever became of her. */
  const renew = async () => {
    await emptyTables(api.services.database);
    await newUser(api, { id: 101, email: 'ada@example.com' });
    await newEndpoint(api, ['user.blocked', 'user.deactivated', 'user.reactivated', 'user.deleted']);
    await blockFor('One');
    await api.call('PATCH', `${user}/block`, { body: ASKED });
  };
  const blockFor = async (suspensionReason: string) => {
    await reset();
    await newSession(api, 101);
    await api.call('PATCH', '/api/v1/users/101/block', { body: { suspensionReason } });
  };
});
