import { hasScope } from '../../http/caller';
import type { Handlers } from '../../http/handlers';
import type { RevokeSessions } from '../revoke-sessions';
import type { FindSubject } from './find-subject';
import { readSubject } from './subject-identifier';

/** Global Token Revocation (draft-parecki-oauth-global-token-revocation-06): the same use case by another name (I6). */
export function createGlobalRevocationRoutes(
  findSubject: FindSubject,
  revokeSessions: RevokeSessions,
): Pick<Handlers, 'revokeGlobally'> {
  return {
    revokeGlobally: ({ body, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        async (keep) => {
          const userId = await findSubject(readSubject(body.sub_id, '/body/sub_id'));
          await revokeSessions(userId, caller, hasScope(caller, 'users:block-protected'), keep);
        },
      ),
  };
}
