import { decodeProtectedHeader } from 'jose';
import pino from 'pino';
import { orNull, toText, toTime } from '../../src/database/decode';
import { createRotateSigningKeys } from '../../src/signing-keys/rotate-signing-keys';
import { rotationRound } from '../../src/signing-keys/scheduled-rotation';
import { createSigningKeys } from '../../src/signing-keys/signing-keys';
import type { Wakeups } from '../../src/wakeups/wakeups';
import { rowsOf } from '../api/support/tables';
import { type DeliveryDatabase, openDeliveryDatabase } from '../events/delivery-fixtures';
import { openTestWakeups } from '../support/test-wakeups';

jest.setTimeout(60_000);

const DAY_MS = 86_400_000;
const ROTATION_DAYS = 90;
const log = pino({ level: 'silent' });
const actor = { subject: 'operator', clientId: 'operator', requestId: null };

let store: DeliveryDatabase;
let wakeups: Wakeups;
beforeEach(async () => {
  store = await openDeliveryDatabase();
  wakeups = openTestWakeups(store.url);
});
afterEach(async () => {
  await wakeups.close();
  await store.close();
});

const newProcess = () => createSigningKeys(store.database, store.encryption, wakeups);
const rotate = (compromised: boolean) =>
  createRotateSigningKeys(store.database, store.encryption)({ compromised, actor });
const round = () =>
  rotationRound({
    database: store.database,
    encryption: store.encryption,
    rotationDays: ROTATION_DAYS,
    log,
  });
const signerOf = async (keys: ReturnType<typeof newProcess>) =>
  decodeProtectedHeader(await keys.sign({}, { typ: 'secevent+jwt' })).kid ?? '';

/** The chain, the oldest first. */
const chain = async () =>
  (await rowsOf(store.database, 'signing_keys'))
    .map((row) => ({
      kid: toText(row.kid),
      predecessor: toText(row.predecessor),
      signsFrom: toTime(row.signs_from),
      signsUntil: orNull(toTime, row.signs_until),
    }))
    .sort((one, other) => one.signsFrom.getTime() - other.signsFrom.getTime());

describe('a rotation before its time', () => {
  it('makes the first key where there is none, and it signs', async () => {
    const { key, withdrawn } = await rotate(false);
    expect([await signerOf(newProcess()), withdrawn]).toEqual([key.kid, []]);
  });

  it('of several at once makes one next key, and all answer it (race)', async () => {
    await signerOf(newProcess());
    const rotations = await Promise.all([rotate(false), rotate(false), rotate(false), round()]);
    const answered = rotations.flatMap((rotation) => (rotation ? [rotation.key.kid] : []));
    const [, next, ...more] = await chain();
    expect([answered, more]).toEqual([[next?.kid, next?.kid, next?.kid], []]);
  });

  it('beside the scheduled one, first signatures and others leaves one chain, without what was there before (race)', async () => {
    for (let race = 0; race < 3; race++) {
      store.clock.shiftMs += 2 * ROTATION_DAYS * DAY_MS;
      const leaked = race === 0 ? '' : await signerOf(newProcess());
      await Promise.all([
        round(),
        rotate(true),
        signerOf(newProcess()),
        rotate(false),
        round(),
        rotate(true),
        signerOf(newProcess()),
      ]);
      const keys = await chain();
      expect(keys.map(({ kid }) => kid)).not.toContain(leaked);
      keys.slice(1).forEach(({ predecessor, signsFrom }, index) => {
        expect(keys[index]).toMatchObject({ kid: predecessor, signsUntil: signsFrom });
      });
      expect(keys.at(-1)?.signsUntil).toBeNull();
      expect(await signerOf(newProcess())).toBe(keys[0]?.kid);
    }
  });

  it('ends the signatures of a process that never hears of it within a second', async () => {
    const deaf = newProcess();
    const leaked = await signerOf(deaf);
    // Nothing that this database commits is announced.
    const { key } = await rotate(true);
    const rotatedAt = performance.now();
    for (let signer = leaked; signer !== key.kid;) {
      const begun = performance.now();
      signer = await signerOf(deaf);
      expect([key.kid, leaked]).toContain(signer);
      if (signer === leaked) expect(begun - rotatedAt).toBeLessThan(1_000);
    }
  });
});
