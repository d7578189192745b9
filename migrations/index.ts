import { CreateUsers1795255200000 } from './1795255200000-create-users';
import { CreateAccess1795255201000 } from './1795255201000-create-access';
import { CreateSuspensions1795255202000 } from './1795255202000-create-suspensions';
import { CreateEvents1795255203000 } from './1795255203000-create-events';
import { CreateWebhookEndpoints1795255204000 } from './1795255204000-create-webhook-endpoints';
import { CreateAuditRecords1795255205000 } from './1795255205000-create-audit-records';
import { ExtendSuspensions1795255206000 } from './1795255206000-extend-suspensions';
import { CreateIdempotencyKeys1795255207000 } from './1795255207000-create-idempotency-keys';
import { CreateUserTombstones1795255208000 } from './1795255208000-create-user-tombstones';
import { ChainAuditRecords1795255209000 } from './1795255209000-chain-audit-records';
import { CreateSuspensionJobs1795255210000 } from './1795255210000-create-suspension-jobs';
import { KeepSessionsForATime1795255212000 } from './1795255212000-keep-sessions-for-a-time';
import { CutAuditRecords1795255213000 } from './1795255213000-cut-audit-records';
import { CompleteDeliveries1795255214000 } from './1795255214000-complete-deliveries';
import { CreateSecurityEvents1795255215000 } from './1795255215000-create-security-events';
import { CreateGuards1795255216000 } from './1795255216000-create-guards';
import { ExtendSessions1795255217000 } from './1795255217000-extend-sessions';
import { CreateBlockLists1795255218000 } from './1795255218000-create-block-lists';
import { CreateCometchatKeys1795255219000 } from './1795255219000-create-cometchat-keys';
import { CreateZim1795255220000 } from './1795255220000-create-zim';
import { LockSigningKeys1795255223000 } from './1795255223000-lock-signing-keys';
import { IndexDeactivatedUsers1795255224000 } from './1795255224000-index-deactivated-users';

/** The chain of migrations, oldest first; append-only, run on every supported engine. */
export const migrations = [
  CreateUsers1795255200000,
  CreateAccess1795255201000,
  CreateSuspensions1795255202000,
  CreateEvents1795255203000,
  CreateWebhookEndpoints1795255204000,
  CreateAuditRecords1795255205000,
  ExtendSuspensions1795255206000,
  CreateIdempotencyKeys1795255207000,
  CreateUserTombstones1795255208000,
  ChainAuditRecords1795255209000,
  CreateSuspensionJobs1795255210000,
  KeepSessionsForATime1795255212000,
  CutAuditRecords1795255213000,
  CompleteDeliveries1795255214000,
  CreateSecurityEvents1795255215000,
  CreateGuards1795255216000,
  ExtendSessions1795255217000,
  CreateBlockLists1795255218000,
  CreateCometchatKeys1795255219000,
  CreateZim1795255220000,
  LockSigningKeys1795255223000,
  IndexDeactivatedUsers1795255224000,
];
