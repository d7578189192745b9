import { Liquid } from 'liquidjs';
import { type Brand, supportUrl, textColorOn } from './brand';
import type { EmailKind } from './email-kind';
import { lookupRange } from './locales';
import { messageParts } from './message-parts';
import { greetingName, oneLine } from './plain-words';
import type { Templates } from './read-templates';
import type { Told } from './told';

export interface RenderedEmail {
  subject: string;
  text: string;
  html: string;
  /** The language of its words. */
  locale: string;
}

/** Whom an e-mail speaks to. */
export interface Addressee {
  firstName: string | null;
  /** BCP 47. */
  locale: string | null;
}

export type RenderEmail = (told: Told, addressee: Addressee) => RenderedEmail;

export interface RenderOptions {
  templates: Templates;
  brand: Brand;
  /** For those whose language is not known, or not written by any template. */
  defaultLocale: string;
}

/** There are templates of every kind in it. */
const LAST_RESORT = 'en';

/** What a template may cost: a mistake in one must not keep the worker busy for ever, nor take all of its memory. */
const LIMITS = { renderLimit: 1_000, memoryLimit: 1_000_000 };

/**
 * Makes e-mails: the words of the addressee's language, put into a layout for text and one for HTML, which escapes.
 * What a user or a caller typed is a value and never a template, so that nothing in it is carried out.
 */
export function createRenderEmail({ templates, brand, defaultLocale }: RenderOptions): RenderEmail {
  // A variable or filter that does not exist is a mistake, not an empty text.
  const options = {
    templates: { ...templates },
    cache: true,
    strictFilters: true,
    strictVariables: true,
    lenientIf: true,
    ownPropertyOnly: true,
    ...LIMITS,
  };
  const plain = new Liquid(options);
  const escaping = new Liquid({ ...options, outputEscape: 'escape' });
  const branding = {
    operator: oneLine(brand.name),
    support: brand.support,
    supportUrl: brand.support && supportUrl(brand.support),
    color: brand.color,
    colorOfText: textColorOn(brand.color),
  };

  return (told, { firstName, locale }) => {
    const { language, tag } = localeFor(templates, told.kind, [locale ?? '', defaultLocale, LAST_RESORT]);
    const words = render(plain, `${language}/${told.kind}.liquid`, {
      ...branding,
      ...wordsOf(told, tag),
      name: greetingName(firstName),
    });
    const parts = messageParts(words);
    const scope = { ...branding, ...parts, kind: told.kind, locale: language };
    return {
      subject: parts.subject,
      text: `${render(plain, 'layout.txt.liquid', scope).trim()}\n`,
      html: render(escaping, 'layout.html.liquid', scope),
      locale: language,
    };
  };
}

/** @throws Error that names the template and, of what the engine says, the fault */
function render(engine: Liquid, template: string, scope: object): string {
  try {
    return engine.renderFileSync(template, scope) as string;
  } catch (error) {
    const [fault] = (error as Error).message.split('\n');
    throw new Error(`${template}: ${fault}`, { cause: error });
  }
}

/** `tag` is the one by which `language` was found: its region says how dates are written. */
function localeFor(
  templates: Templates,
  kind: EmailKind,
  tags: readonly string[],
): { language: string; tag: string } {
  for (const tag of tags) {
    const range = lookupRange(tag);
    const language = range.find((part) => `${part}/${kind}.liquid` in templates);
    if (language !== undefined) return { language, tag: range[0] ?? language };
  }
  throw new Error(`there is no template for ${kind}`);
}

/** What the words may name: values on one line, and times as the language writes them. */
function wordsOf(told: Told, tag: string): Record<string, string | boolean | null> {
  const format = new Intl.DateTimeFormat(tag, { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });
  const moment = (time: Date | null) => time && `${format.format(time)} UTC`;
  return {
    occurredAt: moment(told.occurredAt),
    until: moment(told.until),
    reason: valueOf(told.reason),
    anonymised: told.anonymised,
    endpoint: valueOf(told.endpoint),
    gone: told.gone,
    failingSince: moment(told.failingSince),
  };
}

/** An empty text says nothing. */
const valueOf = (text: string | null): string | null => oneLine(text ?? '') || null;
