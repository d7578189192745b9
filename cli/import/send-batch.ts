import { ApiError } from '../api-error';
import type { ApiClient } from '../api-client';
import type { ImportItem, ImportKind } from './import-kind';

/** A line of the file on its way. */
export interface Entry {
  number: number;
  value: unknown;
}

/** What became of a line. */
export interface LineOutcome {
  entry: Entry;
  outcome: ImportItem['outcome'];
  code?: string;
  detail?: string;
}

/**
 * Sends lines in one call. Where the service finds a field of some of them wrong, those are refused and the rest is sent
 * again; where the body is too large, in halves.
 * @throws ApiError for what is not about a line
 */
export async function sendBatch(
  api: ApiClient,
  { name, path }: ImportKind,
  entries: readonly Entry[],
): Promise<LineOutcome[]> {
  if (entries.length === 0) return [];
  const again = (rest: readonly Entry[]) => sendBatch(api, { name, path } as ImportKind, rest);
  try {
    const body = { [name]: entries.map(({ value }) => value) };
    const { items } = await api.call<{ items: ImportItem[] }>('POST', path, { body });
    return entries.map((entry, index) => ({ entry, outcome: 'refused', ...items[index] }));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    if (error.status === 413 && entries.length > 1) {
      const middle = Math.ceil(entries.length / 2);
      return [...(await again(entries.slice(0, middle))), ...(await again(entries.slice(middle)))];
    }
    const faults = faultsByIndex(error, name);
    if (faults.size === 0) throw error;
    const refused = [...faults].flatMap(([index, detail]): LineOutcome[] => {
      const entry = entries[index];
      return entry ? [{ entry, outcome: 'refused', code: 'request.invalid', detail }] : [];
    });
    return [...refused, ...(await again(entries.filter((_, index) => !faults.has(index))))];
  }
}

/** What is wrong with which item, from pointers such as `/body/users/17/email`. */
function faultsByIndex({ status, problem }: ApiError, name: string): Map<number, string> {
  const faults = new Map<number, string>();
  if (status !== 400) return faults;
  for (const { pointer, detail } of problem.errors ?? []) {
    const [, body, list, index, ...field] = pointer.split('/');
    if (body !== 'body' || list !== name || index === undefined) continue;
    const said = `${field.join('/')} ${detail}`.trim();
    const before = faults.get(Number(index));
    faults.set(Number(index), before === undefined ? said : `${before}; ${said}`);
  }
  return faults;
}
