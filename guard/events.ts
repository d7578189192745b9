/** What happens in a guard: for logs and metrics. No event holds a token or a secret. */
export type GuardEvent =
  /** It knows everything, for the first time or again. */
  | { type: 'current'; revocations: number }
  /** Its lease has run out: it refuses, or asks introspection. */
  | { type: 'stale' }
  /** A poll failed and is repeated. `status` is 0 where there was no answer. */
  | { type: 'poll_failed'; status: number; error: Error; failures: number; retryInMs: number }
  /** The feed does not know our cursor any more, after a restore for example: it is read from its beginning. */
  | { type: 'began_anew'; status: number }
  /** There are more revocations than `maxRevocations`: it refuses until enough are forgotten. */
  | { type: 'full'; maxRevocations: number }
  | { type: 'token_failed'; error: Error }
  | { type: 'keys_failed'; error: Error }
  | { type: 'introspection_failed'; error: Error };

export type Report = (event: GuardEvent) => void;

/** Whoever listens must not be able to stop the guard. */
export function createReport(listener: Report = createWarnings()): Report {
  return (event) => {
    try {
      listener(event);
    } catch {
      // Theirs, and there is nobody to tell.
    }
  };
}

/**
 * Where nobody listens, a guard that lets nobody in says why: as a warning of the process, once for each thing that fails
 * until it is current again.
 */
function createWarnings(): Report {
  const said = new Set<GuardEvent['type']>();
  return (event) => {
    if (event.type === 'current') {
      said.clear();
      return;
    }
    const words = inWords(event);
    if (words === null || said.has(event.type)) return;
    said.add(event.type);
    process.emitWarning(words, 'PortcullisGuardWarning');
  };
}

function inWords(event: GuardEvent): string | null {
  switch (event.type) {
    case 'poll_failed':
      return `Portcullis does not answer: ${event.error.message}`;
    case 'token_failed':
      return `there is no access token for Portcullis: ${event.error.message}`;
    case 'keys_failed':
      return `the issuer's keys cannot be had: ${event.error.message}`;
    case 'introspection_failed':
      return `introspection failed: ${event.error.message}`;
    case 'full':
      return `there are more than ${event.maxRevocations} revocations: raise maxRevocations`;
    case 'current':
    case 'stale':
    case 'began_anew':
      return null;
  }
}

export const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));
