import type { UserIdList } from './user-id-list';

/** No id is longer, with a name and quite some space. */
const MAX_LINE = 1_000;

/** Reads a user id a line, bare or as `{"userId": 101}` (NDJSON). Empty lines are skipped. */
export async function readNdjson(text: AsyncIterable<string>, list: UserIdList): Promise<void> {
  let number = 0;
  let rest = '';
  for await (const piece of text) {
    const lines = (rest + piece).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) readLine(++number, line, list);
    // Whoever never ends a line would have us join its pieces for ever.
    if (rest.length > MAX_LINE) break;
  }
  readLine(number + 1, rest, list);
}

function readLine(number: number, line: string, list: UserIdList): void {
  const text = line.trim();
  if (text === '') return;
  if (text.length > MAX_LINE) return list.addFault(number, 'is too long');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return list.addFault(number, 'is not JSON');
  }
  if (typeof value === 'number') return list.add(number, value);
  if (typeof value === 'object' && value !== null && Object.keys(value).join() === 'userId')
    return list.add(number, (value as { userId: unknown }).userId);
  list.addFault(number, 'must be a user id or {"userId": <id>}');
}
