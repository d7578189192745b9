import type { Answer } from '../../http/handlers';
import type { ImportUsers } from '../../users/import-users';
import type { NewUser } from '../../users/insert-users';
import type { DialectRequest } from '../dialect';
import { success } from './answers';
import type { components, operations } from './contract.generated';
import { codeOf, messageOf, type Outcome, ZimRefusal } from './return-codes';
import { faultOf } from './user-ids';
import { namesOf } from './user-name';

type UserInfo = components['schemas']['UserInfo'];

const MAX_USERS = 100;
const MAX_AVATAR_BYTES = 500;

/**
 * Makes users as an import does. An id that comes twice counts once, with what came first; an avatar is not kept. An erased
 * user's id is taken for good. Where all failed, the call has the number of the first.
 */
export const registerUsers =
  (importUsers: ImportUsers) =>
  async ({ body, caller }: DialectRequest<operations['UserRegister']>): Promise<Answer> => {
    const { UserInfo: given } = body;
    if (given.length === 0) throw new ZimRefusal('invalidParameter', {}, 'UserInfo is empty');
    if (given.length > MAX_USERS) throw new ZimRefusal('invalidParameter', {}, 'UserInfo is too long');
    const infos = [...new Map([...given].reverse().map((info) => [info.UserId, info])).values()].reverse();
    const outcomes = new Map<string, Outcome>();
    const users: NewUser[] = [];
    for (const info of infos) {
      const user = toUser(info);
      if (typeof user === 'string') outcomes.set(info.UserId, user);
      else users.push(user);
    }
    const made = users.length > 0 ? await importUsers(users, caller) : [];
    for (const { uid, outcome } of made)
      if (uid !== null && outcome !== 'created') outcomes.set(uid, 'userExists');
    const failed = infos.flatMap(({ UserId }) => {
      const outcome = outcomes.get(UserId);
      return outcome === undefined ? [] : [{ UserId, outcome }];
    });
    const ErrorList = failed.map(({ UserId, outcome }) => ({
      UserId,
      SubCode: codeOf(outcome),
      SubMessage: messageOf(outcome),
    }));
    const [first] = failed;
    if (first && failed.length === infos.length) throw new ZimRefusal(first.outcome, { ErrorList });
    return success(caller.requestId, { ErrorList });
  };

function toUser({ UserId, UserName, UserAvatar = '' }: UserInfo): NewUser | Outcome {
  const fault = faultOf(UserId);
  if (fault) return fault;
  if (Buffer.byteLength(UserAvatar) > MAX_AVATAR_BYTES) return 'invalidParameter';
  if (UserName === undefined) return { uid: UserId };
  const names = namesOf(UserName);
  return names ? { uid: UserId, ...names } : 'invalidParameter';
}
