import type { components } from '../../http/contract.generated';
import { optionsOf } from './batch-options';
import { isHidden, type SuspensionJob } from './suspension-job.entity';

/** A job as the contract shows it. Hidden ones are never shown. */
export function showSuspensionJob(job: SuspensionJob): components['schemas']['SuspensionJob'] {
  const { askedFor, onBehalfOfUserId, reason, reasonForUser, category, until } = optionsOf(job);
  const { changed, unchanged, notFound, duplicate, refused } = job;
  return {
    id: job.id,
    action: job.action,
    state: isHidden(job.state) ? 'queued' : job.state,
    undoOf: job.undoOf,
    total: job.total,
    processed: changed + unchanged + notFound + duplicate + refused,
    counts: { changed, unchanged, notFound, duplicate, refused },
    triggerWebhook: askedFor.includes('webhook'),
    notifyUserViaEmail: askedFor.includes('email'),
    suspensionReason: reason,
    reasonForUser,
    category,
    blockedUntil: until,
    onBehalfOfUserId,
    actor: job.actor,
    createdAt: job.createdAt.toISOString(),
    startedAt: job.startedAt?.toISOString() ?? null,
    finishedAt: job.finishedAt?.toISOString() ?? null,
  };
}
