import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { components } from '../../../../src/dialects/bio-re/contract.generated';
import { readContract } from '../../../../src/http/contract';
import { newSession, newUser, type UserBody } from '../../../api/support/fixtures';
import { sessionToken } from '../../../api/support/user-tokens';
import { createContractCheck } from '../../../support/contract-check';
import { type Answer, type Call, createClient } from '../../../support/http-client';
import type { TestApi } from '../../../support/test-api';

export type ErrorBody = components['schemas']['Error'];
export type ListBody = { success: true; data: components['schemas']['BlockedUsers'] };

export const BLOCK = '/api/v1/users/block';
export const BLOCKED = '/api/v1/users/blocked';

export const SCOPE = 'block_list:self';

/** A user who has signed in. */
export interface Member extends UserBody {
  token: string;
}

export async function newMember(
  api: TestApi,
  more: Partial<Parameters<typeof newUser>[1]> = {},
): Promise<Member> {
  const user = await newUser(api, { uid: randomUUID(), ...more });
  const token = await sessionToken(api, user.uid, await newSession(api, user.id), { scope: SCOPE });
  return { ...user, token };
}

/** Held against the dialect's contract, where the paths mean something else than in our own. */
const contract = createContractCheck(
  readContract(join(__dirname, '../../../../src/dialects/bio-re/openapi.yaml')),
);
export const clientOf = ({ url }: TestApi): Call => createClient(url, undefined, contract);

type Who = { token?: string };

export const block = (api: TestApi, { token }: Who, uid: string): Promise<Answer> =>
  clientOf(api)('POST', `${BLOCK}/${uid}`, { token });

export const unblock = (api: TestApi, { token }: Who, uid: string): Promise<Answer> =>
  clientOf(api)('DELETE', `${BLOCK}/${uid}`, { token });

export const list = (api: TestApi, { token }: Who): Promise<Answer> =>
  clientOf(api)('GET', BLOCKED, { token });

/** Whom the user has blocked, as she is shown it. */
export async function blockedBy(api: TestApi, who: Who): Promise<string[]> {
  const { data }: ListBody = (await list(api, who)).body;
  return data.items.map(({ id }) => id);
}

/** @throws where it is no envelope of an error */
export function errorOf({ body }: Answer): ErrorBody {
  const { success, error }: { success: boolean; error: ErrorBody } = body;
  if (success || Object.keys(body).length !== 2) throw new Error(`no envelope: ${JSON.stringify(body)}`);
  return error;
}
