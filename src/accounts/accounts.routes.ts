import type { ChannelFlags } from '../events/asked-for';
import { channelsOf } from '../events/asked-for';
import { type Caller, hasScope, requireScope } from '../http/caller';
import type { Handlers } from '../http/handlers';
import type { AccountCommand, ChangeAccount } from './account-command';

export interface AccountUseCases {
  deactivateUser: ChangeAccount;
  reactivateUser: ChangeAccount;
  eraseUser: ChangeAccount;
  anonymiseUser: ChangeAccount;
}

const commandOf = (userId: number, flags: ChannelFlags | undefined, caller: Caller): AccountCommand => ({
  userId,
  actor: caller,
  askedFor: channelsOf(flags ?? {}),
  mayTouchProtected: hasScope(caller, 'users:block-protected'),
});

export function createAccountsRoutes(
  useCases: AccountUseCases,
): Pick<Handlers, 'deleteUser' | 'reactivateUser' | 'anonymiseUser'> {
  /** Nothing to show. */
  const done = () => ({ status: 204 as const });

  return {
    async deleteUser({ path, body, caller, kept }) {
      const permanent = body?.permanent === true;
      // The contract lets in whoever has one of the two: which one is needed, the body says.
      requireScope(caller, permanent ? 'users:erase' : 'users:deactivate');
      const change = permanent ? useCases.eraseUser : useCases.deactivateUser;
      return kept<unknown>(done, (keep) => change(commandOf(path.userId, body, caller), keep));
    },

    reactivateUser: ({ path, body, caller, kept }) =>
      kept<unknown>(done, (keep) => useCases.reactivateUser(commandOf(path.userId, body, caller), keep)),

    anonymiseUser: ({ path, body, caller, kept }) =>
      kept<unknown>(done, (keep) => useCases.anonymiseUser(commandOf(path.userId, body, caller), keep)),
  };
}
