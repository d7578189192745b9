import { Pool } from 'undici';
import { type Contender, REASON } from '../contender';

/** Portcullis itself: HTTP, token, contract and log included. */
export function overHttp(apiUrl: string, token: string, concurrency: number): Contender {
  const pool = new Pool(apiUrl, { connections: concurrency, pipelining: 1 });
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const flags = { triggerWebhook: true, notifyUserViaEmail: true };
  const bodies = {
    block: JSON.stringify({ ...flags, suspensionReason: REASON }),
    unblock: JSON.stringify(flags),
  };
  const call = async (userId: number, action: 'block' | 'unblock') => {
    const { statusCode, body } = await pool.request({
      method: 'PATCH',
      path: `/api/v1/users/${userId}/${action}`,
      headers,
      body: bodies[action],
    });
    const text = await body.text();
    if (statusCode !== 204) throw new Error(`${action} answered ${statusCode}: ${text}`);
  };
  return {
    name: 'Portcullis',
    about: 'over HTTP, with token, contract and log',
    block: (userId) => call(userId, 'block'),
    unblock: (userId) => call(userId, 'unblock'),
    close: () => pool.close(),
  };
}
