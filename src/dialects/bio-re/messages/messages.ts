import type { Request } from 'express';
import { de } from './de';
import { en } from './en';
import { es } from './es';
import { fr } from './fr';
import type { MessageKey, Messages } from './message-key';

/** The languages of the e-mails. The first is for who asks for none of them. */
export const languages: Readonly<Record<string, Messages>> = { en, de, es, fr };

const NAMES = Object.keys(languages);

/** The text in the language that the request likes best (RFC 9110, section 12.5.4). */
export function messageFor(request: Request, key: MessageKey): { language: string; message: string } {
  const language = request.acceptsLanguages(NAMES) || 'en';
  return { language, message: (languages[language] ?? en)[key] };
}
