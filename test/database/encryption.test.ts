import { randomBytes } from 'node:crypto';
import { createEncryption } from '../../src/database/encryption';

const place = { table: 'webhook_endpoints', rowId: '7' };
const newKey = (id: string) => ({ id, key: randomBytes(32) });
const [older, newer] = [newKey('k1'), newKey('k2')];

describe('secrets at rest', () => {
  const encryption = createEncryption([older]);

  it.each(['whsec_abc', '', 'Übergriff 🚫', 'x'.repeat(10_000)])('come back as they were: %j', (secret) => {
    expect(encryption.decrypt(encryption.encrypt(secret, place), place)).toBe(secret);
  });

  it('are written differently each time, under the id of the key', () => {
    const written = [1, 2, 3].map(() => encryption.encrypt('the same', place));
    expect(new Set(written).size).toBe(3);
    for (const text of written) expect(text).toMatch(/^k1\.[A-Za-z0-9_-]+$/);
  });

  it('do not decrypt in another row or table: whoever can write rows cannot move a secret', () => {
    const text = encryption.encrypt('secret', place);
    expect(() => encryption.decrypt(text, { ...place, rowId: '8' })).toThrow();
    expect(() => encryption.decrypt(text, { ...place, table: 'signing_keys' })).toThrow();
    // The border between table and row cannot be moved either.
    expect(() => encryption.decrypt(text, { table: 'webhook_endpoints/7', rowId: '' })).toThrow();
  });

  it('the first key encrypts and every key decrypts, so that keys rotate by prepending', () => {
    const before = encryption.encrypt('secret', place);
    const rotated = createEncryption([newer, older]);
    expect(rotated.decrypt(before, place)).toBe('secret');
    expect(rotated.encrypt('secret', place)).toMatch(/^k2\./);
    expect(() => createEncryption([newer]).decrypt(before, place)).toThrow(/"k1".*ENCRYPTION_KEYS/);
  });

  it('another key under the same id does not decrypt', () => {
    const text = encryption.encrypt('secret', place);
    expect(() => createEncryption([{ ...newer, id: 'k1' }]).decrypt(text, place)).toThrow();
  });

  it('no byte can be changed, and nothing be cut off', () => {
    const bytes = Buffer.from(encryption.encrypt('secret', place).slice(3), 'base64url');
    const decrypt = (tampered: Buffer) => encryption.decrypt(`k1.${tampered.toString('base64url')}`, place);
    expect(decrypt(bytes)).toBe('secret');
    for (let at = 0; at < bytes.length; at++) {
      const tampered = Buffer.from(bytes);
      tampered[at] = (tampered[at] ?? 0) ^ 1;
      expect(() => decrypt(tampered)).toThrow();
      expect(() => decrypt(bytes.subarray(0, at))).toThrow();
    }
    for (const text of ['', 'k1', 'k1.', '.', 'secret'])
      expect(() => encryption.decrypt(text, place)).toThrow();
  });

  it('need a key', () => {
    expect(() => createEncryption([])).toThrow(RangeError);
  });
});
