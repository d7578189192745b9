import { randomBytes } from 'node:crypto';
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import pino from 'pino';
import { createEncryption, type Encryption } from '../../src/database/encryption';
import type { Row } from '../../src/database/engines/engine';
import { createSigningKeys, type SigningKeys } from '../../src/signing-keys/signing-keys';
import { rotationRound } from '../../src/signing-keys/scheduled-rotation';
import { rowsOf } from '../api/support/tables';
import type { Wakeups } from '../../src/wakeups/wakeups';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import { openTestWakeups } from '../support/test-wakeups';

const DAY_MS = 86_400_000;
const ROTATION_DAYS = 90;
const encryptionKey = (id: string) => ({ id, key: randomBytes(32) });
const [older, newer] = [encryptionKey('old'), encryptionKey('new')];
const under = createEncryption([older]);
const logged: string[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => logged.push(line) });

let store: DeliveryDatabase;
let wakeups: Wakeups;
beforeEach(async () => {
  logged.length = 0;
  store = await openDeliveryDatabase();
  wakeups = openTestWakeups(store.url);
});
afterEach(async () => {
  await wakeups.close();
  await store.close();
});

/** A process of its own: what it has read it keeps for a second. */
const newProcess = (encryption: Encryption = under): SigningKeys =>
  createSigningKeys(store.database, encryption, wakeups);
const rotate = (encryption: Encryption = under) =>
  rotationRound({ database: store.database, encryption, rotationDays: ROTATION_DAYS, log });
const rows = (): Promise<Row[]> => rowsOf(store.database, 'signing_keys');
const after = (days: number) => (store.clock.shiftMs = days * DAY_MS);

const sign = (keys: SigningKeys) => keys.sign({ iss: 'https://us.example' }, { typ: 'secevent+jwt' });
const kidOf = (token: string) => decodeProtectedHeader(token).kid ?? '';
const published = async () => (await newProcess().jwks()).keys.map(({ kid }) => kid);

/** As a receiver does it, that fetches the keys now. */
const verifies = async (token: string): Promise<boolean> =>
  jwtVerify(token, createLocalJWKSet(await newProcess().jwks())).then(
    () => true,
    () => false,
  );

describe('the signing keys', () => {
  it('sign what a receiver verifies by the published keys, with the claims as they are given', async () => {
    const token = await sign(newProcess());
    const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(await newProcess().jwks()));
    expect(payload).toEqual({ iss: 'https://us.example' });
    const [kid] = await published();
    expect(protectedHeader).toEqual({ alg: 'RS256', typ: 'secevent+jwt', kid });
  });

  it('have 2048 bits, and no private part in public or in the open (I7)', async () => {
    const { keys } = await newProcess().jwks();
    expect(keys.map((key) => Object.keys(key).sort())).toEqual([['alg', 'e', 'kid', 'kty', 'n', 'use']]);
    expect(Buffer.from(keys[0]?.n ?? '', 'base64url')).toHaveLength(256);
    const [row] = await rows();
    expect(String(row?.private_key)).toMatch(/^old\.[\w-]+$/);
  });

  it('are made by whoever comes first: processes that begin at once have one key', async () => {
    const processes = Array.from({ length: 6 }, () => newProcess());
    const tokens = await Promise.all(processes.map(sign));
    expect(new Set(tokens.map(kidOf)).size).toBe(1);
    expect(await rows()).toHaveLength(1);
  });

  it('are not made before somebody needs them', async () => {
    await rotate();
    expect(await rows()).toEqual([]);
  });

  it('cost no query each, but one in a second', async () => {
    const keys = newProcess();
    const query = jest.spyOn(store.database, 'queryPrimary');
    const begun = performance.now();
    for (let signature = 0; signature < 50; signature++) await sign(keys);
    const seconds = Math.ceil((performance.now() - begun) / 1000);
    // The first finds no key; and who has just begun to listen may have missed something.
    expect(query.mock.calls.length).toBeLessThanOrEqual(2 + seconds);
  });
});

describe('their rotation', () => {
  it('publishes the next key a day before it signs, and takes it over on time', async () => {
    const first = await sign(newProcess());
    after(ROTATION_DAYS - 1.5);
    await rotate();
    expect(await rows()).toHaveLength(1);

    after(ROTATION_DAYS - 0.5);
    await rotate();
    await rotate();
    const during = await sign(newProcess());
    expect(kidOf(during)).toBe(kidOf(first));
    expect(await published()).toEqual([expect.not.stringMatching(kidOf(first)), kidOf(first)]);

    // Nobody has looked earlier, so it signs a day after it was made.
    after(ROTATION_DAYS + 1);
    const next = await sign(newProcess());
    expect(kidOf(next)).not.toBe(kidOf(first));
    expect([await verifies(first), await verifies(next)]).toEqual([true, true]);
  });

  it('publishes a key for a month after its last signature, and drops its private part at once', async () => {
    const first = await sign(newProcess());
    after(ROTATION_DAYS - 1);
    await rotate();
    after(ROTATION_DAYS + 1);
    await rotate();
    const [keyOfFirst] = (await rows()).filter(({ kid }) => kid === kidOf(first));
    expect(keyOfFirst?.private_key).toBeNull();
    after(ROTATION_DAYS + 29);
    await rotate();
    expect(await verifies(first)).toBe(true);
    after(ROTATION_DAYS + 31);
    expect(await verifies(first)).toBe(false);
    await rotate();
    expect((await rows()).map(({ kid }) => kid)).not.toContain(kidOf(first));
    expect(await verifies(await sign(newProcess()))).toBe(true);
  });

  it('by several workers at once makes one key', async () => {
    await sign(newProcess());
    after(ROTATION_DAYS);
    await Promise.all([rotate(), rotate(), rotate()]);
    expect(await rows()).toHaveLength(2);
  });

  it('goes on where no worker has run for a year: the overdue key is published before it signs', async () => {
    const first = await sign(newProcess());
    after(365);
    await rotate();
    expect(kidOf(await sign(newProcess()))).toBe(kidOf(first));
    expect(await published()).toHaveLength(2);
    after(366.1);
    expect(kidOf(await sign(newProcess()))).not.toBe(kidOf(first));
  });

  it('encrypts anew what is under an older encryption key, so that this can be taken away', async () => {
    const first = await sign(newProcess());
    await rotate(createEncryption([newer, older]));
    const withoutOlder = createEncryption([newer]);
    expect(kidOf(await sign(newProcess(withoutOlder)))).toBe(kidOf(first));
    expect(logged).toEqual([]);
  });

  it('warns of a key whose encryption key is lost, and signs with the next one in its time', async () => {
    await sign(newProcess());
    const withoutOlder = createEncryption([newer]);
    await expect(sign(newProcess(withoutOlder))).rejects.toThrow('no encryption key "old"');
    after(ROTATION_DAYS - 1);
    await rotate(withoutOlder);
    expect(logged.join()).toContain('cannot be encrypted anew');
    after(ROTATION_DAYS);
    expect(await verifies(await sign(newProcess(withoutOlder)))).toBe(true);
  });
});
