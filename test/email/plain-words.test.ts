import { contrast, textColorOn } from '../../src/email/brand';
import { lookupRange } from '../../src/email/locales';
import { domainOf, isAddress, toMailbox } from '../../src/email/mailbox';
import { greetingName } from '../../src/email/plain-words';

describe('the name to greet by', () => {
  it.each([
    ['Ada'],
    ['Mary Jane'],
    ['J. R. R.'],
    ['O’Brien'],
    ["D'Arcy"],
    ['Jean-Luc'],
    ['Zoë'],
    ['Ægir'],
    ['李小龍'],
    ['علی\u200cرضا'],
    ['नरेन्द्र'],
    ['ジャン・リュック'],
  ])('%s', (name) => {
    expect(greetingName(name)).toBe(name);
  });

  it.each([
    [null],
    [''],
    ['  '],
    ['https://evil.example'],
    ['evil.example'],
    ['Call 0800 123 456'],
    ['<b>Ada</b>'],
    ['Ada & Bob'],
    ['me@evil.example'],
    ['=?utf-8?Q?Ada?='],
    ['{{ reason }}'],
    ['x'.repeat(61)],
  ])('not %s: whoever signs up with another’s address could have us mail it to her', (name) => {
    expect(greetingName(name)).toBeNull();
  });

  it('is on one line, in one direction', () => {
    expect(greetingName(' Ada\r\n\t Lovelace\u202e ')).toBe('Ada Lovelace');
  });
});

describe('the text on the operator’s colour', () => {
  it('is light on dark and dark on light', () => {
    expect(textColorOn('#3047a8')).toBe('#ffffff');
    expect(textColorOn('#ffd400')).toBe('#000000');
  });

  it('is readable on every colour (WCAG 2.2, 1.4.3: 4.5 to 1)', () => {
    const shades = ['00', '33', '66', '77', '80', '99', 'cc', 'ff'];
    const colors = shades.flatMap((r) => shades.flatMap((g) => shades.map((b) => `#${r}${g}${b}`)));
    for (const color of colors) expect(contrast(color, textColorOn(color))).toBeGreaterThanOrEqual(4.5);
    expect(contrast('#000000', '#ffffff')).toBeCloseTo(21);
    expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  });
});

describe('the tags to look for (RFC 4647, 3.4)', () => {
  it.each([
    ['de-AT', ['de-AT', 'de']],
    [
      'zh-hant-CN-x-private1-private2',
      ['zh-Hant-CN-x-private1-private2', 'zh-Hant-CN-x-private1', 'zh-Hant-CN', 'zh-Hant', 'zh'],
    ],
    ['de-u-ca-buddhist', ['de-u-ca-buddhist', 'de-u-ca', 'de']],
    ['x', []],
    ['not a tag', []],
  ])('%s', (tag, range) => {
    expect(lookupRange(tag)).toEqual(range);
  });
});

describe('an address', () => {
  it.each([['ada@example.org'], ['ädä@exämple.org'], ['a+b@example.org'], ["o'brien@example.org"]])(
    '%s',
    (address) => {
      expect(isAddress(address)).toBe(true);
    },
  );

  it.each([
    ['a@example.org, b@example.org'],
    ['a@example.org;b@example.org'],
    ['Ada <a@example.org>'],
    ['a@example.org\r\nBcc: b@example.org'],
    ['a@example.org\nRCPT TO:<b@example.org>'],
    ['a@b@example.org'],
    ['"a b"@example.org'],
    ['group:a@example.org'],
    ['a@example.org\u0000'],
    ['a\u0085@example.org'],
    ['a\u2028b@example.org'],
    ['@example.org'],
    ['a@'],
    [''],
    [`${'a'.repeat(250)}@example.org`],
  ])('not %j', (address) => {
    expect(isAddress(address)).toBe(false);
  });

  it('of ours is a name and an address', () => {
    expect(toMailbox('Acme, Inc. <no-reply@acme.example>')).toEqual({
      name: 'Acme, Inc.',
      address: 'no-reply@acme.example',
    });
    expect(toMailbox('no-reply@acme.example')).toEqual({ name: '', address: 'no-reply@acme.example' });
    expect(domainOf('no-reply@exämple.org')).toBe('xn--exmple-cua.org');
  });
});
