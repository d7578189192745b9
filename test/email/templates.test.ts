import { EVENT_TYPES } from '../../src/events/catalogue';
import { renderEmail } from '../../src/email/templates';

const told = { occurredAt: new Date('2026-11-21T11:25:19.853Z'), until: null, expired: false };

describe('the words of the e-mails', () => {
  it('tells a blocked user what happened, what it means and what to do next', () => {
    const { subject, text, html } = renderEmail('user.blocked', told, 'Ada');
    expect(subject).toBe('Your account has been suspended');
    for (const body of [text, html]) {
      expect(body).toContain('Hello Ada,');
      expect(body).toContain('cannot sign in');
      expect(body).toContain('contact the support');
    }
  });

  it('tells an unblocked user that she can sign in again', () => {
    const { subject, text } = renderEmail('user.unblocked', told, 'Ada');
    expect(subject).toBe('Your account has been restored');
    expect(text).toContain('sign in again');
  });

  it('tells a user who is blocked for a time when it ends', () => {
    const until = new Date('2026-12-24T12:00:00Z');
    const ends = 'ends by itself on 24 December 2026 at 12:00 UTC';
    for (const body of Object.values(renderEmail('user.blocked', { ...told, until }, 'Ada')).slice(1))
      expect(body).toContain(ends);
    expect(renderEmail('user.blocked', told, 'Ada').text).not.toContain('ends by itself');
  });

  it('does not say to a user whose suspension ran out that she has been signed out now', () => {
    const { text } = renderEmail('user.unblocked', { ...told, expired: true }, 'Ada');
    expect(text).toContain('has ended');
    expect(text).toContain('signed out everywhere when it began');
  });

  it.each(EVENT_TYPES)('%s: greets without a name where none is known', (type) => {
    expect(renderEmail(type, told, null).text).toMatch(/^Hello,\n/);
    expect(renderEmail(type, told, '  ').text).toMatch(/^Hello,\n/);
  });

  it.each(EVENT_TYPES)('%s: says when it happened, in a zone that it names', (type) => {
    const { text, html } = renderEmail(type, told, 'Ada');
    for (const body of [text, html]) expect(body).toContain('21 November 2026 at 11:25 UTC');
  });

  it('I7: a name that somebody typed is text, in the HTML too', () => {
    const { text, html } = renderEmail('user.blocked', told, '<img src=x onerror="a()">\r\n\r\nPay & go');
    expect(html).not.toContain('<img');
    expect(html).not.toContain('"a()"');
    expect(html).toContain('Pay &#38; go');
    expect(text.split('\n')[0]).toBe('Hello <img src=x onerror="a()"> Pay & go,');
  });
});
