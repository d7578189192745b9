import type { components } from '../../src/http/contract.generated';

type ImportedUser = components['schemas']['ImportedUsers']['items'][number];
type ImportedSession = components['schemas']['ImportedSessions']['items'][number];

/** What can be taken over, and how the contract calls it. */
export interface ImportKind {
  name: 'users' | 'sessions';
  path: string;
  /** Why a line cannot be sent; null where it can. */
  fault(value: Record<string, unknown>): string | null;
}

export type ImportItem = Pick<ImportedUser | ImportedSession, 'outcome' | 'code'>;

export const importKinds: Record<ImportKind['name'], ImportKind> = {
  users: {
    name: 'users',
    path: '/users/batch',
    // Whoever is given neither would be made a second time, where the import is resumed.
    fault: ({ id, uid }) =>
      id === undefined && uid === undefined
        ? 'has neither an id nor a uid, by which to know the user again'
        : null,
  },
  sessions: { name: 'sessions', path: '/sessions/batch', fault: () => null },
};
