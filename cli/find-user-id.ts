import type { components } from '../src/http/contract.generated';
import type { ApiClient } from './api-client';
import { CliError } from './cli-error';

type UserPage = components['schemas']['UserPage'];

const USER_ID = /^[1-9][0-9]{0,15}$/;

/** How a command names a user: by her id, or by `--uid`. */
export interface NamedUser {
  id: string | undefined;
  uid: string | undefined;
}

/**
 * @returns the user's id
 * @throws `usage` unless exactly one name is given, `notFound` where nobody has the uid
 */
export async function findUserId(api: ApiClient, { id, uid }: NamedUser): Promise<string> {
  if ((id === undefined) === (uid === undefined)) {
    throw new CliError('usage', 'Name the user by her id, or by --uid, and not by both.');
  }
  if (uid === undefined) return assertUserId(id ?? '');
  const { items } = await api.call<UserPage>('GET', '/users', { query: { uid } });
  if (!items[0]) throw new CliError('notFound', 'No user has this uid.', 'user.not_found');
  return String(items[0].id);
}

/** @throws `usage` */
export function assertUserId(text: string): string {
  if (USER_ID.test(text) && Number.isSafeInteger(Number(text))) return text;
  throw new CliError(
    'usage',
    `${JSON.stringify(text)} is no user id, which is a whole number from 1 to 9007199254740991.`,
  );
}
