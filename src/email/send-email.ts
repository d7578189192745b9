import type { Encryption } from '../database/encryption';
import type { Sender } from '../events/channel';
import { type Contact, selectContacts, toContact } from '../users/contacts';
import { nobodyThere, notAnAddress, notTaken, taken } from './email-outcome';
import { findRecipient } from './find-recipient';
import { domainOf, isAddress, type Mailbox } from './mailbox';
import { openTransport, type TransportOptions } from './open-transport';
import type { RenderEmail } from './render-email';
import { toldOf } from './told';

export interface EmailSenderOptions extends TransportOptions {
  from: Mailbox;
  renderEmail: RenderEmail;
  encryption: Encryption;
  /** E-mails a second; null for as many as the server takes. */
  perSecond: number | null;
}

export interface EmailSender extends Sender<Contact> {
  close(): void;
}

/** Sends e-mails over SMTP, each to the address that the user has at that moment. */
export function createEmailSender(options: EmailSenderOptions): EmailSender {
  const { from, renderEmail, encryption, perSecond, timeoutMs } = options;
  const transport = openTransport(options);
  const domain = domainOf(from.address);

  return {
    selectReceivers(targets) {
      const ids = targets.map(Number).filter((id) => Number.isSafeInteger(id));
      return ids.length > 0 ? selectContacts(ids) : null;
    },
    readReceivers: (rows) => new Map(rows.map(toContact).map((contact) => [String(contact.id), contact])),
    paceOf: () => ({ perSecond, notBefore: null }),
    limitMsOf: () => timeoutMs,

    async send(delivery, contact) {
      const recipient = findRecipient(delivery, contact, encryption);
      if (!recipient) return nobodyThere;
      if (!isAddress(recipient.email)) return notAnAddress;
      const { locale, ...content } = renderEmail(toldOf(delivery.event), recipient);
      // Every attempt carries the same id, so that a mail server or client can drop a repeat (I4).
      const messageId = `<${delivery.id}@${domain}>`;
      const sentHeaders = { 'Message-ID': messageId, 'Content-Language': locale };
      try {
        const { response } = await transport.sendMail({
          from,
          // No name: nothing that somebody typed stands in a header.
          to: { name: '', address: recipient.email },
          ...content,
          messageId,
          // RFC 3834, section 5: nobody's out-of-office should answer.
          headers: { 'Auto-Submitted': 'auto-generated', 'Content-Language': locale },
          // The transport's own limits hold for one silence each; a server that drips would outlast the lease.
          signal: AbortSignal.timeout(timeoutMs),
        });
        return taken(response, sentHeaders);
      } catch (error) {
        return notTaken(error, sentHeaders);
      }
    },

    close: () => transport.close(),
  };
}
