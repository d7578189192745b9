import { promises as dns } from 'node:dns';

/** For one question to one server; it is asked twice. */
const ANSWER_TIMEOUT_MS = 1_500;
const TRIES = 2;

/** The name has no addresses (`ENOTFOUND`), or nobody could say at the moment (`EAI_AGAIN`). */
export class NameError extends Error {
  constructor(
    readonly code: 'ENOTFOUND' | 'EAI_AGAIN',
    options?: ErrorOptions,
  ) {
    super('the name could not be resolved', options);
  }
}

/** Every address that a name has. @throws NameError */
export type ResolveName = (name: string) => Promise<string[]>;

/**
 * Asks DNS itself. `getaddrinfo` would occupy one of the few threads of the process for as long as a name server keeps
 * it waiting, and one receiver's name server could hold up what is sent to all others.
 */
export function createResolveName(): ResolveName {
  const resolver = new dns.Resolver({ timeout: ANSWER_TIMEOUT_MS, tries: TRIES });
  return async (name) => {
    const answers = await Promise.allSettled([resolver.resolve4(name), resolver.resolve6(name)]);
    const addresses = answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value : []));
    if (addresses.length > 0) return addresses;
    const errors = answers.flatMap((answer) =>
      answer.status === 'rejected' ? [answer.reason as unknown] : [],
    );
    const [unsure] = errors.filter((error) => !saysThereIsNone(error));
    throw unsure === undefined ? new NameError('ENOTFOUND') : new NameError('EAI_AGAIN', { cause: unsure });
  };
}

/** No such name, no address of this kind, or no name at all; everything else is a name server in trouble. */
const saysThereIsNone = (error: unknown): boolean =>
  ['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes((error as NodeJS.ErrnoException).code ?? '');
