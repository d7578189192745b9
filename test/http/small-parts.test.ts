import { hasScope } from '../../src/http/caller';
import { decodeCursor, toPage } from '../../src/http/pagination';
import { prefersRepresentation } from '../../src/http/prefer';
import { parseTime } from '../../src/http/timestamps';

describe('hasScope', () => {
  const client = (...scopes: string[]) => ({ kind: 'client' as const, scopes: new Set(scopes) });

  it('system_api implies what a system client may be granted', () => {
    expect(hasScope(client('system_api'), 'users:block')).toBe(true);
    expect(hasScope(client('system_api'), 'audit:read')).toBe(true);
  });

  it('but for what is granted by name', () => {
    expect(hasScope(client('system_api'), 'users:block-protected')).toBe(false);
    expect(hasScope(client('system_api'), 'access:fence')).toBe(false);
    expect(hasScope(client('system_api'), 'signing_keys:manage')).toBe(false);
    expect(hasScope(client('users:block-protected'), 'users:block-protected')).toBe(true);
  });

  it('a user has no system scope', () => {
    expect(hasScope({ kind: 'user', scopes: new Set(['system_api', 'users:read']) }, 'users:read')).toBe(
      false,
    );
  });
});

describe('prefersRepresentation (RFC 7240, section 2)', () => {
  it.each([
    'return=representation',
    'Return=representation',
    'return="representation"',
    'return = representation',
    'respond-async, return=representation',
    'return=representation; foo=bar',
    'wait=10,return=representation',
  ])('%s', (prefer) => {
    expect(prefersRepresentation(prefer)).toBe(true);
  });

  it.each([undefined, '', 'return=minimal', 'representation', 'return', 'xreturn=representation'])(
    'not %s',
    (prefer) => {
      expect(prefersRepresentation(prefer)).toBe(false);
    },
  );

  it('of two that contradict each other the first counts', () => {
    expect(prefersRepresentation('return=minimal, return=representation')).toBe(false);
    expect(prefersRepresentation('return=representation, return=minimal')).toBe(true);
  });
});

describe('pages', () => {
  const row = (id: number) => ({ id, at: new Date(1_700_000_000_000 + id) });
  const page = (ids: number[], limit: number) =>
    toPage(
      ids.map(row),
      limit,
      ({ id }) => id,
      ({ id, at }) => [at, String(id)],
    );
  const isDigits = (text: string) => /^\d+$/.test(text);

  it('the last page has no next', () => {
    expect(page([3, 2, 1], 3)).toEqual({ items: [3, 2, 1], next: null });
    expect(page([], 3)).toEqual({ items: [], next: null });
  });

  it('a cursor says where the last item stood, in characters that need no encoding', () => {
    const { items, next } = page([4, 3, 2], 2);
    expect(items).toEqual([4, 3]);
    expect(next).toMatch(/^[A-Za-z0-9_-]+$/);
    expect(decodeCursor(next ?? '', isDigits)).toEqual({ createdAt: row(3).at, key: '3' });
  });

  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  it.each([
    ['no base64', '!!!'],
    ['no JSON', 'YWJj'],
    ['another shape', encoded({ a: 1 })],
    ['no key', encoded([1])],
    ['a key of another list', encoded([1, 'abc'])],
    ['a time beyond time', encoded([1e20, '1'])],
    ['a time before time', encoded([-1, '1'])],
    ['a time that is none', encoded(['now', '1'])],
  ])('I8: a cursor with %s is refused', (_name, cursor) => {
    expect(() => decodeCursor(cursor, isDigits)).toThrow(
      expect.objectContaining({ code: 'pagination.cursor_invalid' }) as Error,
    );
  });
});

describe('parseTime', () => {
  it('reads any zone', () => {
    expect(parseTime('2099-12-31T23:59:59.123+02:00', '/body/at').toISOString()).toBe(
      '2099-12-31T21:59:59.123Z',
    );
  });

  it.each([
    ['a day that does not exist', '2026-02-30T00:00:00Z'],
    ['an hour 24', '2027-01-01T24:00:00Z'],
    ['a leap second', '2016-12-31T23:59:60Z'],
    ['before 1970', '1969-12-31T23:59:59Z'],
    ['a year past 2100', '2101-01-01T00:00:00Z'],
  ])('I8: refuses %s and names the field', (_name, text) => {
    const fields = [{ pointer: '/body/at', detail: expect.any(String) as string }];
    expect(() => parseTime(text, '/body/at')).toThrow(
      expect.objectContaining({ code: 'request.invalid', options: { fields } }) as Error,
    );
  });

  it('takes the last moment of 2100', () => {
    expect(parseTime('2100-12-31T23:59:59.999Z', '/body/at').getTime()).toBe(4_133_980_799_999);
  });
});
