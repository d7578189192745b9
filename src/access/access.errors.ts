import { DomainError } from '../errors';

export const userSuspended = () =>
  new DomainError('user.suspended', 'The user is suspended and cannot sign in until she is unblocked.');

export const userDeactivated = () =>
  new DomainError('user.deactivated', 'The user is deactivated and cannot sign in.');

export const sessionNotFound = () => new DomainError('session.not_found', 'Session not found');

export const sessionIdUsed = () =>
  new DomainError(
    'session.id_used',
    'This session id was used before; a session id is accepted once, for ever.',
    {
      fields: [{ pointer: '/body/sessionId', detail: 'was used before; give a new one or leave it out' }],
    },
  );

export const sessionExpiryPast = () =>
  new DomainError('session.expiry_past', 'A session cannot end before it begins.', {
    fields: [{ pointer: '/body/expiresAt', detail: 'must be in the future' }],
  });

export const sessionRevoked = () =>
  new DomainError('session.revoked', 'The session was revoked; the user has to sign in again.');

export const sessionExpired = () =>
  new DomainError('session.expired', 'The session has expired; the user has to sign in again.');

export const cursorUnknown = () =>
  new DomainError(
    'revocations.cursor_unknown',
    'This cursor is of another history: the database was restored from a backup. Begin again without `after`.',
  );

export const subjectAmbiguous = () =>
  new DomainError(
    'subject.ambiguous',
    'The subject identifier does not name one user alone. Name her by iss_sub or opaque.',
    { fields: [{ pointer: '/body/sub_id', detail: 'must name one user' }] },
  );
