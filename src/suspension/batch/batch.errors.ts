import { DomainError } from '../../errors';

export const suspensionJobNotFound = () =>
  new DomainError('suspension_job.not_found', 'Suspension job not found');

export const suspensionJobFinished = () =>
  new DomainError('suspension_job.finished', 'The job is done: there is nothing left to cancel.');

export const suspensionJobNotFinished = () =>
  new DomainError('suspension_job.not_finished', 'The job is not done. Cancel it before you undo it.');

export const suspensionJobNotUndoable = () =>
  new DomainError('suspension_job.not_undoable', 'Only a job that blocks can be undone.');

/** Some chunks of a batch are stored, and then the database was out of reach. */
export const batchInterrupted = (cause: unknown) =>
  new DomainError(
    'service.outcome_unknown',
    'Some of the users were changed, and then the database was busy or out of reach. Repeating the batch is safe.',
    { cause, retryAfterSeconds: 1 },
  );
