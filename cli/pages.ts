import type { ApiClient, ApiRequest } from './api-client';

interface Page<T> {
  items: T[];
  next: string | null;
}

/** The most that the service gives at once. */
const LIMIT = 200;

/** Every item of a list, page by page. */
export async function* pages<T>(
  api: ApiClient,
  path: string,
  limit = LIMIT,
  filter: ApiRequest['query'] = {},
): AsyncGenerator<T[]> {
  let cursor: string | undefined;
  do {
    const { items, next }: Page<T> = await api.call('GET', path, { query: { ...filter, limit, cursor } });
    yield items;
    cursor = next ?? undefined;
  } while (cursor !== undefined);
}
