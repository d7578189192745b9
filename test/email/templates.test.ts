import { EMAIL_KINDS, type EmailKind } from '../../src/email/email-kind';
import type { RenderedEmail } from '../../src/email/render-email';
import type { Told } from '../../src/email/told';
import { BRAND, testRenderer } from './support/sender';

const LOCALES = ['en', 'de', 'fr', 'es'] as const;

/** Versions of Node put a comma or a word between day and time, and one space or another. */
const MOMENT: Record<(typeof LOCALES)[number], RegExp> = {
  en: /November 21, 2026\D+11:25\sAM UTC/,
  de: /21\. November 2026\D+11:25 UTC/,
  fr: /21 novembre 2026\D+11:25 UTC/,
  es: /21 de noviembre de 2026\D+11:25 UTC/,
};

const told = (kind: EmailKind, more: Partial<Told> = {}): Told => ({
  kind,
  occurredAt: new Date('2026-11-21T11:25:19.853Z'),
  until: kind === 'blocked-until' ? new Date('2026-12-24T12:00:00Z') : null,
  reason: null,
  anonymised: false,
  endpoint: kind === 'endpoint-disabled' ? 'Billing' : null,
  gone: false,
  failingSince: kind === 'endpoint-disabled' ? new Date('2026-11-16T08:00:00Z') : null,
  ...more,
});

const render = testRenderer();
const inLocale = (kind: EmailKind, locale: string | null, more?: Partial<Told>): RenderedEmail =>
  render(told(kind, more), { firstName: 'Ada', locale });

/** What a reader of the HTML sees, with single spaces. */
const visible = (html: string): string =>
  html
    .replace(/<(style|title)>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]+>/g, ' ')
    .replaceAll('&amp;', '&')
    .replaceAll('&middot;', '·')
    .replace(/\s+/g, ' ');

const each = LOCALES.flatMap((locale) => EMAIL_KINDS.map((kind) => [locale, kind] as const));

describe.each(each)('in %s: %s', (locale, kind) => {
  const email = inLocale(kind, locale);
  const bodies = [email.text, email.html];

  it('is complete: nothing is left to fill in, and nothing came out of a value that is missing', () => {
    for (const body of [email.subject, ...bodies]) {
      expect(body).not.toMatch(/\{\{|\}\}|\{%|%\}|undefined|null|NaN|Invalid|\[object/);
      expect(body.trim()).not.toBe('');
    }
    expect(email.locale).toBe(locale);
    expect(email.html).toContain(`<html lang="${locale}"`);
    expect(email.subject).not.toMatch(/\n/);
    expect([...email.subject].length).toBeLessThanOrEqual(60);
  });

  it('says the same in text and in HTML', () => {
    const shown = visible(email.html).replaceAll(/\s/g, '');
    const paragraphs = email.text.split('\n-- \n')[0]?.split('\n').filter(Boolean) ?? [];
    expect(paragraphs.length).toBeGreaterThanOrEqual(3);
    for (const paragraph of [email.subject, ...paragraphs]) {
      const fact = /^([^.]{1,40}?)\s?: (.+)$/.exec(paragraph);
      const parts = fact && !shown.includes(paragraph.replaceAll(/\s/g, '')) ? fact.slice(1) : [paragraph];
      for (const part of parts) expect(shown).toContain(part.replaceAll(/\s/g, ''));
    }
  });

  it('greets, names the operator, says when it happened in a zone that it names, and whom to ask', () => {
    for (const body of [email.text, visible(email.html)]) {
      if (kind !== 'endpoint-disabled') expect(body).toContain('Ada');
      expect(body).toContain(BRAND.name);
      expect(body).toContain(BRAND.support);
      expect(body).toMatch(MOMENT[locale]);
    }
  });

  it('says it in its own words, apart from the other languages and the other kinds', () => {
    const others = each.filter(([otherLocale, otherKind]) => otherLocale !== locale || otherKind !== kind);
    for (const [otherLocale, otherKind] of others) {
      const other = inLocale(otherKind, otherLocale);
      expect(other.subject).not.toBe(email.subject);
      expect(other.text).not.toBe(email.text);
    }
  });

  it('fits a phone, follows the dark mode, and loads nothing', () => {
    expect(email.html).toContain('<meta name="viewport" content="width=device-width,initial-scale=1">');
    expect(email.html).toContain('<meta name="color-scheme" content="light dark">');
    expect(email.html).toContain('@media (prefers-color-scheme: dark)');
    const widths = [...email.html.matchAll(/(?<!max-)width:\s*(\d+)px/g)].map(([, width]) => Number(width));
    expect(widths.filter((width) => width > 320)).toEqual([]);
    expect(email.html).toContain('overflow-wrap:anywhere');
    expect(email.html).not.toMatch(/<table|<img|<script|src=|url\(|@import/i);
    // Gmail cuts off what is longer.
    expect(Buffer.byteLength(email.html)).toBeLessThan(20_000);
  });
});

describe('what an e-mail tells', () => {
  it('a blocked user: that she cannot sign in, and that nothing is deleted', () => {
    const { subject, text } = inLocale('blocked', 'en');
    expect(subject).toBe('Your account has been suspended');
    expect(text).toContain('cannot sign in');
    expect(text).toContain('has not been deleted');
  });

  it.each([
    ['en-GB', 'Suspended until: 24 December 2026 at 12:00 UTC'],
    ['en-US', 'Suspended until: December 24, 2026 at 12:00 PM UTC'],
    ['de', 'Gesperrt bis: 24. Dezember 2026 um 12:00 UTC'],
    ['fr', 'Suspendu jusqu’au\u00a0: 24 décembre 2026 à 12:00 UTC'],
    ['es', 'Suspendida hasta el: 24 de diciembre de 2026'],
  ])('a user who is blocked for a time: when it ends, as %s writes it', (locale, words) => {
    const { text, html } = inLocale('blocked-until', locale);
    expect(text.replaceAll('\u202f', ' ')).toContain(words);
    expect(visible(html)).toContain('2026');
    expect(inLocale('blocked', locale).text).not.toContain('2026-12');
  });

  it('a user whose suspension ran out: not that she has been signed out now', () => {
    expect(inLocale('expired', 'en').text).toContain('were signed out everywhere when the suspension began');
    expect(inLocale('unblocked', 'en').text).toContain('have been signed out everywhere');
  });

  it.each(LOCALES)('a user who was anonymised: that her name and address are gone, in %s', (locale) => {
    const [without, told] = [false, true].map((anonymised) =>
      inLocale('deactivated', locale, { anonymised }),
    );
    expect(told?.text.length).toBeGreaterThan((without?.text.length ?? 0) + 30);
  });

  it('the contact of an endpoint: which one, why, and since when', () => {
    const failing = inLocale('endpoint-disabled', null);
    expect(failing.text).toContain('Endpoint: Billing');
    expect(failing.text).toContain('failing for days');
    expect(failing.text).toContain('Failing since: 16 November 2026 at 08:00 UTC');
    const gone = inLocale('endpoint-disabled', null, { gone: true, failingSince: null });
    expect(gone.text).toContain('410');
    expect(gone.text).not.toContain('since');
  });

  it.each(LOCALES)('the reason that was meant for the user, where there is one, in %s', (locale) => {
    for (const kind of ['blocked', 'blocked-until'] as const) {
      const { text, html } = inLocale(kind, locale, { reason: 'Someone guessed at your password.' });
      for (const body of [text, html]) expect(body).toContain('Someone guessed at your password.');
      const [none, empty, blank] = [null, '', ' \n '].map(
        (reason) => inLocale(kind, locale, { reason }).text,
      );
      expect(empty).toBe(none);
      expect(blank).toBe(none);
      expect(text.split('\n').length).toBe((none?.split('\n').length ?? 0) + 1);
    }
  });

  it.each(EMAIL_KINDS.filter((kind) => !kind.startsWith('blocked')))('%s gives no reason', (kind) => {
    expect(inLocale(kind, 'en', { reason: 'Someone' }).text).not.toContain('Someone');
  });
});

describe('the language', () => {
  it.each<[string | null, string]>([
    ['de', 'de'],
    ['de-AT', 'de'],
    ['DE-at', 'de'],
    ['fr-Latn-CA-x-private', 'fr'],
    ['ja', 'en'],
    ['tlh-Latn', 'en'],
    ['no tag', 'en'],
    ['e', 'en'],
    ['', 'en'],
    [null, 'en'],
  ])('of a user with the locale %s is %s', (locale, expected) => {
    expect(inLocale('blocked', locale).locale).toBe(expected);
  });

  it('is the operator’s where the user’s has no template, and dates are written as it writes them', () => {
    expect(inLocale('blocked', 'ja').text).toContain('21 November 2026 at 11:25 UTC');
    expect(inLocale('blocked', null).text).toContain('21 November 2026 at 11:25 UTC');
  });
});

describe('the brand', () => {
  it('names nobody to write to where the operator has given none', () => {
    const { text, html } = testRenderer(undefined, { support: null })(told('blocked'), {
      firstName: null,
      locale: 'en',
    });
    expect(text).toContain('please contact our support team.');
    expect(text.trimEnd().endsWith(BRAND.name)).toBe(true);
    expect(html).not.toContain('href');
  });

  it.each([
    ['help@acme.example', 'mailto:help@acme.example'],
    ['https://acme.example/help?a=1&b=2', 'https://acme.example/help?a=1&amp;b=2'],
  ])('%s can be followed', (support, href) => {
    const { html } = testRenderer(undefined, { support })(told('blocked'), { firstName: null, locale: 'en' });
    expect(html.split(`href="${href}"`)).toHaveLength(3);
  });
});

describe('I7: what somebody typed is text', () => {
  const hostile = `<img src=x onerror="a()"> & 'b' {{ reason }} {% include "x" %} https://evil.example`;

  it('in the reason, in the endpoint’s description and in the operator’s name', () => {
    const renderHostile = testRenderer(undefined, { name: hostile });
    const email = renderHostile(told('blocked', { reason: hostile }), { firstName: null, locale: null });
    const ofEndpoint = renderHostile(told('endpoint-disabled', { endpoint: hostile }), {
      firstName: null,
      locale: null,
    });
    for (const { html, text } of [email, ofEndpoint]) {
      expect(html).not.toContain('<img');
      expect(html).not.toContain('"a()"');
      expect(html).toContain(
        '&lt;img src=x onerror=&#34;a()&#34;&gt; &amp; &#39;b&#39; {{ reason }} {% include',
      );
      expect(text).toContain(hostile);
    }
  });

  it('and takes up one line, so that it cannot pass for more of the message', () => {
    const reason = 'Spam\r\n\r\n* Suspended until: tomorrow\u2028\u2029\u0085\u0000\u202ereversed\u2066';
    const { text, html } = inLocale('blocked', 'en', { reason });
    expect(text).toContain('Reason: Spam * Suspended until: tomorrow reversed\nSuspended on:');
    expect(html.match(/class="muted" style="display:block/g)).toHaveLength(2);
  });
});
