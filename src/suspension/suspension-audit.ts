import { type AuditEntry, systemActor } from '../audit/audit';
import type { PlannedChange } from './plan-change';

/** One record for what ran out, one for what was done. */
export function auditEntries(change: PlannedChange): AuditEntry[] {
  const { user, command, revokes, changed, expired, suspension, now } = change;
  const target = `user:${user.id}`;
  const entries: AuditEntry[] = [];
  if (expired) {
    entries.push({
      actor: systemActor('expiry'),
      action: 'user.expire',
      target,
      changedFields: ['suspension'],
      before: { suspensionId: expired.suspension.id },
      after: { suspensionId: null },
      occurredAt: now,
    });
  }
  if (revokes) {
    const opened = command.action === 'block' ? suspension : null;
    entries.push({
      actor: command.actor,
      action: `user.${command.action}`,
      target,
      changedFields: changed ? ['suspension', 'accessEpoch'] : ['accessEpoch'],
      before: { accessEpoch: user.accessEpoch, suspensionId: endedOrKept(change) },
      after: {
        accessEpoch: change.accessEpoch,
        suspensionId: opened?.id ?? null,
        reason: opened?.reason ?? null,
        reasonForUser: opened?.reasonForUser ?? null,
        category: opened?.category ?? null,
        blockedUntil: opened?.blockedUntil?.toISOString() ?? null,
      },
      onBehalfOfUserId: command.onBehalfOfUserId,
      occurredAt: now,
    });
  }
  return entries;
}

const endedOrKept = ({ ends, opens, suspension }: PlannedChange): string | null =>
  ends?.id ?? (opens ? null : (suspension?.id ?? null));
