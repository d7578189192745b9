import type { components } from '../../../src/http/contract.generated';
import type { TestApi } from '../../support/test-api';

type Schemas = components['schemas'];
export type BlockListPageBody = Schemas['BlockListPage'];

export const blockListOf = (userId: number): string => `/api/v1/users/${userId}/block-list`;

/** What came of each, in the order given. @throws where the answer is another than 200 */
export async function addAll(api: TestApi, ownerId: number, userIds: readonly number[]): Promise<string[]> {
  const { status, body } = await api.call('POST', blockListOf(ownerId), { body: { userIds } });
  if (status !== 200) throw new Error(`adding to ${ownerId}: ${status} ${JSON.stringify(body)}`);
  return (body as Schemas['BlockListOutcomes']).items.map(({ outcome }) => outcome);
}

/** The ids that a list shows, newest first. */
export async function idsOn(api: TestApi, ownerId: number): Promise<number[]> {
  const { body } = await api.call('GET', blockListOf(ownerId));
  return (body as BlockListPageBody).items.map(({ userId }) => userId);
}
