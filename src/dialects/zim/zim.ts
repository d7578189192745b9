import { join } from 'node:path';
import type { AddToBlockList, BlockListOutcome } from '../../block-lists/add-to-block-list';
import type { BlockLists } from '../../block-lists/block-list-queries';
import type { RemoveFromBlockList } from '../../block-lists/remove-from-block-list';
import type { Database } from '../../database/database';
import type { Encryption } from '../../database/encryption';
import { readContract } from '../../http/contract';
import type { RateLimits } from '../../http/rate-limits/rate-limits';
import { contextOf } from '../../http/request-context';
import type { ImportUsers } from '../../users/import-users';
import { createDialect, type Dialect, type DialectGround, type DialectHandlers } from '../dialect';
import { createFindSigningApp } from '../zim-apps/zim-app-queries';
import { refusalAnswer } from './answers';
import { authenticateApp } from './authenticate-app';
import { changeBlocklist } from './change-blocklist';
import { checkUsersIsInBlacklist } from './check-users';
import type { operations } from './contract.generated';
import { findAction } from './find-action';
import { limitCalls } from './limit-calls';
import { queryBlacklist } from './query-blacklist';
import { registerUsers } from './register-users';
import type { Outcome } from './return-codes';
import { spendNonce } from './spend-nonce';
import { unblockUsers } from './unblock-users';

/** What the actions run: the same as our own API (I6). */
export interface ZimUseCases {
  addToBlockList: AddToBlockList;
  removeFromBlockList: RemoveFromBlockList;
  blockLists: Pick<BlockLists, 'slice' | 'check'>;
  importUsers: ImportUsers;
}

export interface ZimParts {
  database: Database;
  encryption: Encryption;
  rateLimits: Pick<RateLimits, 'take'>;
  useCases: ZimUseCases;
}

const outcomes: Record<BlockListOutcome, Outcome | null> = {
  added: null,
  already_blocked: 'alreadyBlocked',
  full: 'listFull',
  self: 'self',
  unknown_user: 'userNotRegistered',
};

/** ZEGOCLOUD's server API: five actions of its In-app Chat. */
export function createZim(
  { database, encryption, rateLimits, useCases }: ZimParts,
  ground: DialectGround,
): Dialect {
  const { addToBlockList, removeFromBlockList, blockLists, importUsers } = useCases;
  const document = readContract(join(__dirname, 'openapi.yaml'));
  const handlers: DialectHandlers<operations> = {
    AddUsersToBlacklist: changeBlocklist(database, {
      async change(ownerId, otherIds, actor) {
        const changed = await addToBlockList(ownerId, otherIds, actor);
        return new Map([...changed].map(([id, outcome]) => [id, outcomes[outcome]]));
      },
      whenAllFailed: 'noneBlocked',
    }),
    RemoveUsersFromBlacklist: changeBlocklist(database, {
      change: unblockUsers(database, removeFromBlockList),
      whenAllFailed: 'noneUnblocked',
    }),
    QueryBlacklist: queryBlacklist(database, blockLists),
    CheckUsersIsInBlacklist: checkUsersIsInBlacklist(database, blockLists),
    UserRegister: registerUsers(importUsers),
  };
  return createDialect(
    {
      name: 'zim',
      document,
      before: [findAction(document)],
      security: { signature: authenticateApp(createFindSigningApp(database, encryption)) },
      limits: [limitCalls(rateLimits), spendNonce(database)],
      handlers,
      refuse: (refusal, request) => refusalAnswer(refusal, contextOf(request).requestId),
    },
    ground,
  );
}
