import { DomainError } from '../../errors';

const pointer = '/headers/idempotency-key';

export const keyReused = () =>
  new DomainError(
    'idempotency.key_reused',
    'This Idempotency-Key belongs to another request. Send a new key with each new request.',
    { fields: [{ pointer, detail: 'belongs to a request that was different' }] },
  );

export const inProgress = () =>
  new DomainError(
    'idempotency.in_progress',
    'The request with this Idempotency-Key is still running. Come back for its answer.',
    { retryAfterSeconds: 1 },
  );

export const answerErased = () =>
  new DomainError(
    'idempotency.answer_erased',
    'The request with this Idempotency-Key has run. Its answer was about a user who has been erased since.',
  );
