import { keySweep } from '../../src/http/idempotency/key-retention';
import type { UserBody } from '../api/support/fixtures';
import { startTestApi } from '../support/test-api';

test('the sweep removes a key when its time is over, and not before', async () => {
  const api = await startTestApi();
  const create = async () => {
    const headers = { 'idempotency-key': 'k-1' };
    return ((await api.call('POST', '/api/v1/users', { body: {}, headers })).body as UserBody).id;
  };
  try {
    const first = await create();
    api.clock.shiftMs = 23 * 3_600_000;
    expect(await keySweep.batch(api.services.database)).toEqual({ removed: 0, more: false });
    expect(await create()).toBe(first);
    api.clock.shiftMs = 25 * 3_600_000;
    expect(await keySweep.batch(api.services.database)).toEqual({ removed: 1, more: false });
    expect(await create()).not.toBe(first);
  } finally {
    await api.close();
  }
});
