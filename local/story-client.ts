import type { ReceivedWebhook } from './webhook-receiver';
import type { CaughtMail } from './mail-catcher';
import { waitUntil } from './processes';
import type { StackDescription } from './stack-description';

export interface Answer {
  status: number;
  /** The parsed JSON; an empty object where there was no body. */
  body: Record<string, unknown>;
}

export type Call = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Answer>;

/** Calls the API as the holder of `token`. */
export const createCall =
  (apiUrl: string, token: string): Call =>
  async (method, path, body, headers) => {
    const response = await fetch(`${apiUrl}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return readAnswer(response);
  };

export async function readAnswer(response: Response): Promise<Answer> {
  const text = await response.text();
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as Answer['body']) };
}

/** Fails the story. */
export function expect(holds: boolean, expectation: string, found: unknown): asserts holds {
  if (!holds) throw new Error(`Expected ${expectation}, found ${JSON.stringify(found)}`);
}

/** @throws unless the status is the expected one */
export function expectStatus(answer: Answer, status: number, doing: string): void {
  expect(answer.status === status, `${status} for ${doing}`, answer);
}

const ARRIVAL_TIMEOUT_MS = 30_000;
/** How exact the measured arrivals are. */
const LOOK_EVERY_MS = 5;

/** The webhook of this event, verified. */
export const awaitWebhook = ({ webhookReceiverUrl }: StackDescription, eventId: string) =>
  awaitEntry<ReceivedWebhook>(
    webhookReceiverUrl,
    ({ headers, verified }) => headers['webhook-id'] === eventId && verified === true,
    `a webhook ${eventId} with a valid signature`,
  );

/** The latest e-mail to this address with these words in its subject. */
export const awaitMail = ({ mailUrl }: StackDescription, address: string, words: RegExp) =>
  awaitEntry<CaughtMail>(
    mailUrl,
    ({ to, subject }) => to === address && words.test(subject),
    `an e-mail about ${words.source} to ${address}`,
  );

async function awaitEntry<T>(url: string, matches: (entry: T) => boolean, expected: string): Promise<T> {
  let entries: T[] = [];
  let found: T | undefined;
  await waitUntil(
    async () => {
      entries = (await (await fetch(url)).json()) as T[];
      found = entries.findLast(matches);
      return found !== undefined;
    },
    ARRIVAL_TIMEOUT_MS,
    LOOK_EVERY_MS,
  );
  expect(found !== undefined, expected, entries);
  return found;
}
