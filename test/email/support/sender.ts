import { randomBytes } from 'node:crypto';
import { createEncryption, type Encryption } from '../../../src/database/encryption';
import type { Brand } from '../../../src/email/brand';
import { openTemplates } from '../../../src/email/open-templates';
import type { RenderEmail } from '../../../src/email/render-email';
import { createEmailSender, type EmailSender, type EmailSenderOptions } from '../../../src/email/send-email';
import type { EventType } from '../../../src/events/catalogue';
import type { AttemptOutcome, ClaimedDelivery } from '../../../src/events/channel';
import type { Contact } from '../../../src/users/contacts';

export const BRAND: Brand = { name: 'Acme & Söhne', support: 'help@acme.example', color: '#3047a8' };

/** Renders with our own templates, where no folder is given. */
export const testRenderer = (folder?: string, brand: Partial<Brand> = {}): RenderEmail =>
  openTemplates({ folder, brand: { ...BRAND, ...brand }, defaultLocale: 'en-GB' });

export const testSender = (
  options: Partial<EmailSenderOptions> & { smtpUrl: string; encryption?: Encryption },
): EmailSender =>
  createEmailSender({
    from: { name: 'Portcullis', address: 'no-reply@example.com' },
    timeoutMs: 5_000,
    maxConnections: 32,
    dkim: null,
    renderEmail: testRenderer(),
    encryption: createEncryption([{ id: 'k1', key: randomBytes(32) }]),
    perSecond: null,
    ...options,
  });

export const ADA: Contact = {
  id: 101,
  email: 'ada@example.org',
  firstName: 'Ada',
  locale: null,
  deactivated: false,
};

export const DELIVERY_ID = '01a1fdda-889f-71ae-b8f9-ea0d6e52af4d';

/** As the worker claims it. */
export const claimed = (data: object = {}, type: EventType = 'user.blocked'): ClaimedDelivery => ({
  id: DELIVERY_ID,
  target: '101',
  attempt: 1,
  event: {
    id: '01a1fdda-889f-71ae-b8f9-000000000001',
    type,
    userId: 101,
    payload: JSON.stringify({ type, timestamp: '2026-11-21T11:25:19.853Z', data }),
    occurredAt: new Date('2026-11-21T11:25:20.000Z'),
  },
  recipient: null,
});

/** One attempt, to Ada where nobody else is given. */
export const sendTo = (
  sender: EmailSender,
  contact: Partial<Contact> = {},
  delivery: ClaimedDelivery = claimed(),
): Promise<AttemptOutcome> => sender.send(delivery, { ...ADA, ...contact });
