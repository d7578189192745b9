/** How a call of `portcullis` may end, for scripts to tell apart; `--help` and docs/cli.md list them. */
export const exitCodes = {
  done: 0,
  failure: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unavailable: 5,
  unauthenticated: 6,
  broken: 7,
} as const;

export type Ending = keyof typeof exitCodes;

export const meanings: Record<Ending, string> = {
  done: 'Done.',
  failure: 'Something went wrong that nobody foresaw.',
  usage: 'The command line, a file or a value is not right; nothing was changed by it.',
  notFound: 'There is no such user, job, delivery, endpoint or file.',
  refused: 'The service refused it, or a part of a batch, job or import.',
  unavailable: 'The service or the issuer does not answer, or is busy. Try again later.',
  unauthenticated: 'Nobody is logged in, or the issuer or the service does not accept the credentials.',
  broken: 'The audit trail is broken.',
};
