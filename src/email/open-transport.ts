import { createTransport } from 'nodemailer';

export interface DkimKey {
  domain: string;
  selector: string;
  /** PEM. */
  privateKey: string;
}

export interface TransportOptions {
  /** `smtp://` or `smtps://`, with user and password where needed; nodemailer's options in the query. */
  smtpUrl: string;
  /** Bounds each silence of the server. */
  timeoutMs: number;
  /** As many as e-mails are sent at once, so that none waits for another. */
  maxConnections: number;
  /** Signs every e-mail (RFC 6376). */
  dkim: DkimKey | null;
}

/** Connections to the mail server, kept open and shared. */
export const openTransport = ({ smtpUrl, timeoutMs, maxConnections, dkim }: TransportOptions) =>
  createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(sendsPasswordOpenly(smtpUrl) ? { requireTLS: true } : {}),
    ...(dkim
      ? { dkim: { domainName: dkim.domain, keySelector: dkim.selector, privateKey: dkim.privateKey } }
      : {}),
  });

/**
 * RFC 8314, section 3.1: whoever stands between could take STARTTLS out of the server's greeting, and would be told the
 * password. `?requireTLS=false` allows it, for a server beside us that knows no TLS.
 */
function sendsPasswordOpenly(smtpUrl: string): boolean {
  const { protocol, username, searchParams } = new URL(smtpUrl);
  return protocol === 'smtp:' && username !== '' && !searchParams.has('requireTLS');
}
