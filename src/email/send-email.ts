import { createTransport } from 'nodemailer';
import type { SuspensionEventData } from '../events/catalogue';
import type { AttemptOutcome, ClaimedDelivery, Sender } from '../events/channel';
import type { Recipient } from './find-recipient';
import { renderEmail, type Told } from './templates';

export interface SendEmailOptions {
  smtpUrl: string;
  from: string;
  /** For all of it, waiting for a connection included: the delivery's lease must outlast it. */
  timeoutMs: number;
  /** As many as e-mails are sent at once, so that none waits for another. */
  maxConnections: number;
  /** null where nobody may be written to any more. */
  findRecipient: (delivery: ClaimedDelivery) => Promise<Recipient | null>;
}

export interface EmailSender extends Sender {
  send(delivery: ClaimedDelivery): Promise<AttemptOutcome>;
  close(): void;
}

/** Sends the e-mail of a delivery over SMTP. */
export function createEmailSender({
  smtpUrl,
  from,
  timeoutMs,
  maxConnections,
  findRecipient,
}: SendEmailOptions): EmailSender {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections,
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const domain = domainOf(from);

  return {
    selectReceivers: () => null,
    readReceivers: () => new Map(),
    paceOf: () => ({ perSecond: null, notBefore: null }),
    limitMsOf: () => timeoutMs,

    async send(delivery) {
      const { id, event } = delivery;
      const recipient = await findRecipient(delivery);
      if (!recipient)
        return {
          kind: 'gone',
          statusCode: null,
          errorKind: 'receiver',
          error: 'nobody is there to be written to',
          response: null,
          requestHeaders: null,
        };
      try {
        const sent = await transport.sendMail({
          from,
          to: { name: '', address: recipient.email },
          ...renderEmail(event.type, toldOf(event), recipient.firstName),
          // Every attempt carries the same id, so that a mail server or client can drop a repeat (I4).
          messageId: `<${id}@${domain}>`,
          // RFC 3834, section 5: nobody's out-of-office should answer.
          headers: { 'Auto-Submitted': 'auto-generated' },
          // The transport's own limits hold for one silence each; a server that drips would outlast the lease.
          signal: AbortSignal.timeout(timeoutMs),
        });
        // The server's words may hold the address: they are not kept (I7).
        return {
          kind: 'succeeded',
          statusCode: replyCode(sent.response),
          errorKind: null,
          error: null,
          response: null,
          requestHeaders: null,
        };
      } catch (error) {
        return toOutcome(error);
      }
    },
    close: () => transport.close(),
  };
}

function toldOf({ occurredAt, payload }: ClaimedDelivery['event']): Told {
  const { data } = JSON.parse(payload) as { data?: Partial<SuspensionEventData> };
  const until = data?.blockedUntil ?? null;
  return { occurredAt, until: until === null ? null : new Date(until), expired: data?.cause === 'expired' };
}

const domainOf = (from: string): string => /@([^\s>]+)/.exec(from)?.[1] ?? 'portcullis.invalid';

const replyCode = (response: string): number | null => Number(/^\d{3}/.exec(response)?.[0] ?? 0) || null;

/** What a mail server may refuse for good: this recipient, this message. */
const ABOUT_THE_MESSAGE = ['RCPT TO', 'DATA'];

/**
 * RFC 5321, section 4.2.1: 5yz is final, 4yz may pass. It is final for the message alone: a server that refuses our
 * password or our sender refuses every message, until somebody mends it.
 */
function toOutcome(error: unknown): AttemptOutcome {
  const { responseCode, code, command } = error as { responseCode?: number; code?: string; command?: string };
  const refused =
    responseCode !== undefined && responseCode >= 500 && ABOUT_THE_MESSAGE.includes(command ?? '');
  return {
    kind: refused ? 'refused' : 'failed',
    statusCode: responseCode ?? null,
    errorKind: responseCode === undefined ? 'connection' : 'answer',
    requestHeaders: null,
    error: `the mail server did not take the message (${responseCode ?? code ?? 'unknown'})`,
    response: null,
  };
}
