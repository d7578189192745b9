import type { EventType } from '../events/catalogue';

export interface EmailContent {
  subject: string;
  text: string;
  html: string;
}

interface Words {
  subject: string;
  /** One paragraph each. */
  paragraphs: string[];
}

/** What each event says to the user. The reason of a suspension is internal and never among it (I7). */
const words: Record<EventType, Words> = {
  'user.blocked': {
    subject: 'Your account has been suspended',
    paragraphs: [
      'Your account has been suspended. You have been signed out everywhere and cannot sign in for the time being.',
      'Your data has not been deleted.',
      'If you think that this is a mistake, or want to know more, please contact the support of the service that you use. There is no need to create another account.',
    ],
  },
  'user.unblocked': {
    subject: 'Your account has been restored',
    paragraphs: [
      'Your account has been restored and you can use it again.',
      'For your safety you have been signed out everywhere. Please sign in again to continue.',
      'If you did not expect this message, please contact the support of the service that you use.',
    ],
  },
  'user.deactivated': {
    subject: 'Your account has been deactivated',
    paragraphs: [
      'Your account has been deactivated. You have been signed out everywhere and cannot sign in any more.',
      'If you think that this is a mistake, please contact the support of the service that you use.',
    ],
  },
  'user.reactivated': {
    subject: 'Your account has been reactivated',
    paragraphs: [
      'Your account is no longer deactivated.',
      'You are not signed in anywhere. Please sign in again to continue.',
      'If you did not expect this message, please contact the support of the service that you use.',
    ],
  },
  'endpoint.disabled': {
    subject: 'A webhook endpoint has been disabled',
    paragraphs: [
      'You are the contact of a webhook endpoint to which nothing is sent any more, because it could not be reached or asked for it.',
      'What it misses is kept for a time. Once it answers again, have it enabled and what it missed sent anew.',
    ],
  },
  'user.deleted': {
    subject: 'Your account has been deleted',
    paragraphs: [
      'Your account has been deleted for good, with the personal data that was stored with it.',
      'This address was kept to send you this message, and is not kept any longer.',
    ],
  },
};

/** What is said in place of `user.unblocked` where the time of a suspension has run out. */
const ranOut: Words = {
  subject: 'Your account has been restored',
  paragraphs: [
    'The suspension of your account has ended and you can use it again.',
    'You were signed out everywhere when it began. Please sign in again to continue.',
  ],
};

/** What of an event its e-mail tells; everything else is internal. */
export interface Told {
  /** When it happened. */
  occurredAt: Date;
  /** When a suspension ends by itself. */
  until: Date | null;
  /** Whether a suspension ended by itself. */
  expired: boolean;
}

/** The Date header says when the message was sent, which may be days later. */
const moment = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

/** @param firstName greeted by it where it is known */
export function renderEmail(
  type: EventType,
  { occurredAt, until, expired }: Told,
  firstName: string | null,
): EmailContent {
  const { subject, paragraphs } = expired ? ranOut : words[type];
  const greeting = firstName === null || firstName.trim() === '' ? 'Hello,' : `Hello ${oneLine(firstName)},`;
  const end =
    type === 'user.blocked' && until ? [`The suspension ends by itself on ${moment.format(until)} UTC.`] : [];
  const lines = [greeting, ...paragraphs, ...end, `This happened on ${moment.format(occurredAt)} UTC.`];
  return { subject, text: `${lines.join('\n\n')}\n`, html: page(subject, lines) };
}

/** A name is what somebody typed: it must not look like more of our message. */
const oneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

const page = (subject: string, lines: readonly string[]): string => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:32px 16px;background:#f4f5f8;font:16px/1.6 system-ui,sans-serif;color:#1b1f2a">
<div style="max-width:560px;margin:0 auto;padding:32px;background:#ffffff;border-radius:10px">
<h1 style="margin:0 0 16px;font-size:22px">${escapeHtml(subject)}</h1>
${lines.map((line) => `<p style="margin:0 0 14px">${escapeHtml(line)}</p>`).join('\n')}
</div></body></html>
`;
