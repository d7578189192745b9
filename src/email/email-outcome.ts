import type { AttemptOutcome, ErrorKind } from '../events/channel';

/** The headers of an e-mail that are kept with the attempt: no address is among them (I7). */
export type SentHeaders = AttemptOutcome['requestHeaders'];

/** The server took it. Its words may hold the address and are not kept (I7). */
export const taken = (response: string, requestHeaders: SentHeaders): AttemptOutcome => ({
  kind: 'succeeded',
  statusCode: Number(/^\d{3}/.exec(response)?.[0] ?? 0) || null,
  errorKind: null,
  error: null,
  response: null,
  requestHeaders,
});

export const nobodyThere: AttemptOutcome = {
  kind: 'gone',
  statusCode: null,
  errorKind: 'receiver',
  error: 'nobody is there to be written to',
  response: null,
  requestHeaders: null,
};

export const notAnAddress: AttemptOutcome = {
  kind: 'refused',
  statusCode: null,
  errorKind: 'address',
  error: 'it is not one e-mail address',
  response: null,
  requestHeaders: null,
};

/** What a mail server may refuse for good: this recipient, this message. */
const ABOUT_THE_MESSAGE = ['RCPT TO', 'DATA'];

interface MailError {
  /** Of the server's answer, where it gave one. */
  responseCode?: number;
  /** Nodemailer's. */
  code?: string;
  /** The command that failed. */
  command?: string;
  message?: string;
}

const KINDS: Record<string, ErrorKind> = {
  EDNS: 'name',
  ETLS: 'tls',
  EREQUIRETLS: 'tls',
  ETIMEDOUT: 'timeout',
  EABORT: 'timeout',
};

/**
 * RFC 5321, section 4.2.1: 5yz is final, 4yz may pass. It is final for the message alone: a server that refuses our
 * password or our sender refuses every message, until somebody mends it.
 */
export function notTaken(error: unknown, requestHeaders: SentHeaders): AttemptOutcome {
  const { responseCode, code, command } = error as MailError;
  const refused =
    responseCode !== undefined && responseCode >= 500 && ABOUT_THE_MESSAGE.includes(command ?? '');
  return {
    kind: refused ? 'refused' : 'failed',
    statusCode: responseCode ?? null,
    errorKind: kindOfFailure(error as MailError),
    error: `the mail server did not take the message (${responseCode ?? code ?? 'unknown'})`,
    response: null,
    requestHeaders,
  };
}

function kindOfFailure({ responseCode, code = '', message = '' }: MailError): ErrorKind {
  const kind = KINDS[code];
  if (kind) return kind;
  if (responseCode !== undefined) return 'answer';
  // A certificate that does not hold comes as a fault of the socket.
  return /certificate|ssl|tls/i.test(message) ? 'tls' : 'connection';
}
