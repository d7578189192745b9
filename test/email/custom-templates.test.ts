import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { loadConfig } from '../../src/config';
import type { EmailKind } from '../../src/email/email-kind';
import { openRenderEmail } from '../../src/email/open-email';
import type { Told } from '../../src/email/told';
import { testRenderer } from './support/sender';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'templates-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(files: Record<string, string>): string {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

const told = (kind: EmailKind): Told => ({
  kind,
  occurredAt: new Date('2026-11-21T11:25:19Z'),
  until: null,
  reason: 'Spam & <b>more</b>',
  anonymised: false,
  endpoint: null,
  gone: false,
  failingSince: null,
});

const words = (subject: string) =>
  `${subject}\n\nDear {{ name }},\n\nit is over.\n\n* At: {{ occurredAt }}\n`;

describe('a folder of the operator’s', () => {
  it('replaces templates file by file; the others stay', () => {
    const render = testRenderer(write({ 'de/blocked.liquid': words('Weg'), 'notes.md': 'no template' }));
    const ada = { firstName: 'Ada', locale: 'de' };
    expect(render(told('blocked'), ada).subject).toBe('Weg');
    expect(render(told('blocked'), ada).text).toContain('Dear Ada,\n\nit is over.\n\nAt: 21. November 2026');
    expect(render(told('unblocked'), ada).subject).toBe('Ihr Konto wurde wieder freigegeben');
    expect(render(told('blocked'), { ...ada, locale: 'en' }).subject).toBe('Your account has been suspended');
  });

  it('adds languages, whole or in part, and regions of them', () => {
    const render = testRenderer(
      write({ 'it/blocked.liquid': words('Bloccato'), 'de-AT/blocked.liquid': words('Ausg’sperrt') }),
    );
    const subject = (kind: EmailKind, locale: string) =>
      render(told(kind), { firstName: null, locale }).subject;
    expect(subject('blocked', 'it-CH')).toBe('Bloccato');
    expect(subject('deleted', 'it-CH')).toBe('Your account has been deleted');
    expect(subject('blocked', 'de-AT')).toBe('Ausg’sperrt');
    expect(subject('blocked', 'de-CH')).toBe('Ihr Konto wurde gesperrt');
    expect(subject('unblocked', 'de-AT')).toBe('Ihr Konto wurde wieder freigegeben');
  });

  it('replaces the layouts and the parts that others include, and has parts of its own', () => {
    const render = testRenderer(
      write({
        'layout.html.liquid':
          '<p>{{ subject }} {% for block in blocks %}{{ block.text }}{% for fact in block.facts %}[{{ fact.value }}]{% endfor %}{% endfor %}</p>',
        'en/_mistake.liquid': "Ring us up. {% include '_hours.liquid' %}",
        '_hours.liquid': '9 to 5.',
      }),
    );
    const { html, text } = render(told('blocked'), { firstName: null, locale: 'en' });
    expect(html).toMatch(/^<p>Your account has been suspended Hello,/);
    // What escapes is the engine, not our layout.
    expect(html).toContain('[Spam &amp; &lt;b&gt;more&lt;/b&gt;]');
    expect(text).toContain('Ring us up. 9 to 5.');
  });

  it('is read once: what changes while the worker runs changes nothing', () => {
    const render = testRenderer(write({ 'en/blocked.liquid': words('Before') }));
    write({ 'en/blocked.liquid': '{{ broken' });
    expect(render(told('blocked'), { firstName: null, locale: 'en' }).subject).toBe('Before');
  });
});

describe('a fault stops the worker when it starts, in words that name it', () => {
  const open = (files: Record<string, string>) => () => testRenderer(write(files));

  it.each<[string, Record<string, string>, RegExp]>([
    ['a name that no template has', { 'de/bloked.liquid': words('x') }, /^de\/bloked\.liquid: no template/],
    [
      'a language that is none',
      { 'deutsch/de/blocked.liquid': words('x') },
      /^deutsch\/de\/blocked\.liquid: no/,
    ],
    ['a tag that does not end', { 'de/blocked.liquid': '{% if name %}' }, /^de\/blocked\.liquid: .*if name/],
    [
      'a variable that there is not',
      { 'de/expired.liquid': words('{{ nmae }}') },
      /^de\/expired\.liquid: .*nmae/,
    ],
    ['the internal reason', { 'en/blocked.liquid': words('{{ suspensionReason }}') }, /suspensionReason/],
    [
      'a filter that there is not',
      { 'fr/blocked.liquid': words('{{ name | shout }}') },
      /^fr\/blocked\.liquid: .*shout/,
    ],
    [
      'a part that there is not',
      { 'es/blocked.liquid': words("{% include 'es/_x.liquid' %}") },
      /^es\/blocked\.liquid: .*es\/_x/,
    ],
    ['a fault in a layout', { 'layout.html.liquid': '{{ blocks | nope }}' }, /^layout\.html\.liquid: .*nope/],
    [
      'a fault where little is said',
      { 'en/unblocked.liquid': words('{{ until.year }}') },
      /^en\/unblocked\.liquid: /,
    ],
    ['nothing at all', { 'en/blocked.liquid': '' }, /^en\/blocked\.liquid: /],
    [
      'a subject that goes on',
      { 'en/blocked.liquid': 'Blocked\nDear you,\n\n{{ occurredAt }}' },
      /^en\/blocked\.liquid: .*subject/,
    ],
    [
      'a loop without end',
      { 'en/blocked.liquid': words('{% for i in (1..1000000000000) %}x{% endfor %}') },
      /^en\/blocked\.liquid: /,
    ],
  ])('%s', (_what, files, message) => {
    expect(open(files)).toThrow(message);
  });

  it('as a fault of the configuration, a folder that is not there among them', () => {
    const environment = {
      DATABASE_URL: 'postgres://localhost/p',
      ENCRYPTION_KEYS: `k1:${Buffer.alloc(32).toString('base64')}`,
      AUDIT_KEY: Buffer.alloc(32).toString('base64'),
      PUBLIC_URL: 'https://portcullis.test',
      ISSUER: 'https://id.test',
      SMTP_URL: 'smtp://localhost',
      MAIL_FROM: 'no-reply@example.com',
    };
    const config = loadConfig('worker', { ...environment, MAIL_TEMPLATES: join(folder, 'nowhere') });
    expect(() => openRenderEmail(config)).toThrow(/MAIL_TEMPLATES is not usable: .*nowhere/);
    expect(
      openRenderEmail(loadConfig('worker', environment))(told('blocked'), { firstName: null, locale: null })
        .text,
    ).toContain('example.com');
  });
});
