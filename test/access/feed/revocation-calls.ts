import { appendRevocations } from '../../../src/access/end-access';
import { toTime } from '../../../src/database/decode';
import { databaseNow } from '../../../src/database/sql';
import type { Transaction } from '../../../src/database/transaction';
import type { components } from '../../../src/http/contract.generated';
import type { TestApi } from '../../support/test-api';

export type Revocations = components['schemas']['Revocations'];

export const FEED = '/api/v1/revocations';

/** Appends as whoever ends somebody's access does. */
export async function append(tx: Transaction, uid: string): Promise<void> {
  const [[time]] = await tx.read(databaseNow);
  tx.write(appendRevocations([{ uid, sid: null, epoch: 2, cause: 'block', revokedAt: toTime(time?.now) }]));
}

export const commit = ({ services }: TestApi, uid: string): Promise<void> =>
  services.database.transaction((tx) => append(tx, uid));

export async function poll({ call }: TestApi, given: Record<string, string> = {}): Promise<Revocations> {
  const { status, body } = await call('GET', `${FEED}?${String(new URLSearchParams(given))}`);
  if (status !== 200) throw new Error(`the feed answered ${status}`);
  return body;
}

/** Where the feed ends. */
export async function atEnd(api: TestApi): Promise<string> {
  let { next, more } = await poll(api);
  while (more) ({ next, more } = await poll(api, { after: next }));
  return next;
}

export const uidsOf = ({ items }: Revocations): string[] => items.map(({ uid }) => uid);
