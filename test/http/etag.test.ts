import { DomainError } from '../../src/errors';
import { contentTag, type IfMatch, parseIfMatch, preconditionFault, strongTag } from '../../src/http/etag';

const matches = (ifMatch: IfMatch | undefined, tag: string) => preconditionFault(ifMatch, tag) === null;

describe('If-Match (RFC 9110, section 13.1.1)', () => {
  it.each([
    ['"a"', ['"a"']],
    ['"a", "b"', ['"a"', '"b"']],
    ['"a","b"', ['"a"', '"b"']],
    [' ,"a", ,W/"b" , ', ['"a"', 'W/"b"']],
    ['"a,b"', ['"a,b"']],
    ['""', ['""']],
    ['*', '*'],
    [' * ', '*'],
  ])('%j is %j', (header, expected) => expect(parseIfMatch(header)).toEqual(expected));

  it.each([
    '',
    'a',
    '"a',
    'a"',
    '"a" "b"',
    '"a", b',
    '*, "a"',
    'w/"a"',
    '"a b"',
    "'a'",
    `"${'a'.repeat(900)}`,
  ])('%j is none, and refused by name (I8)', (header) => {
    const read = () => parseIfMatch(header);
    expect(read).toThrow(DomainError);
    expect(read).toThrow('If-Match must be');
  });

  it('takes time in proportion to the header, whatever it holds', () => {
    // Of this process, whatever else the machine is busy with.
    const started = process.cpuUsage();
    for (const header of [
      '"a",'.repeat(4_000) + 'x',
      ','.repeat(16_000) + 'x',
      ' ,'.repeat(8_000) + '"',
      '"a"' + ',    '.repeat(3_000) + 'x',
    ])
      expect(() => parseIfMatch(header)).toThrow();
    expect(process.cpuUsage(started).user / 1_000).toBeLessThan(500);
  });

  it('matches a tag of the list by strong comparison (section 8.8.3.2): a weak tag never', () => {
    expect(matches(['"a"', '"b"'], '"b"')).toBe(true);
    expect(matches(['"a"'], '"b"')).toBe(false);
    expect(matches(['W/"a"'], '"a"')).toBe(false);
    expect(matches('*', '"a"')).toBe(true);
    expect(matches(undefined, '"a"')).toBe(true);
  });
});

describe('an ETag', () => {
  it('is strong, quoted, and another one for another state (RFC 9110, section 8.8.3)', () => {
    expect(strongTag('user', 101, 3, 'active')).toBe('"user.101.3.active"');
    expect(contentTag({ a: 1 })).toMatch(/^"[A-Za-z0-9_-]{43}"$/);
    expect(contentTag({ a: 1 })).toBe(contentTag({ a: 1 }));
    expect(contentTag({ a: 1 })).not.toBe(contentTag({ a: 2 }));
  });
});
