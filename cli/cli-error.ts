import type { Ending } from './exit-codes';

/** An end that the person is told about in plain words. It never holds a secret. */
export class CliError extends Error {
  constructor(
    readonly ending: Ending,
    message: string,
    /** For programs; the service's own code where it refused. */
    readonly code: string = `cli.${ending}`,
  ) {
    super(message);
    this.name = 'CliError';
  }
}
