import { createLocalJWKSet, jwtVerify } from 'jose';
import { newUuid } from '../../src/database/uuid';
import { createSecurityEventPolls, type Poll } from '../../src/security-events/poll/poll-security-events';
import { createRotateSigningKeys } from '../../src/signing-keys/rotate-signing-keys';
import { createSigningKeys, type SigningKeys } from '../../src/signing-keys/signing-keys';
import type { Wakeups } from '../../src/wakeups/wakeups';
import {
  type DeliveryDatabase,
  openDeliveryDatabase,
  storedAttempts,
  storedDelivery,
} from '../events/delivery-fixtures';
import { openTestWakeups } from '../support/test-wakeups';
import { newStream, owe, type OwedSeed, transmitter } from './stream-fixtures';

jest.setTimeout(60_000);

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

/** A process that has just been started, so that it knows no key from before. */
const newKeys = (): SigningKeys => createSigningKeys(store.database, store.encryption, wakeups);

/** Takes away whatever there is of keys where they are compromised; all processes have heard of it then. */
async function rotate(compromised: boolean): Promise<void> {
  await createRotateSigningKeys(store.database, store.encryption)({ compromised, actor });
  store.clock.shiftMs += 2_000;
}

/** A receiver of one stream, and what it refuses. */
async function newReceiver() {
  const clientId = `receiver-${newUuid()}`;
  const streamId = await newStream(store.database, { method: 'poll', clientId });
  const poll = async (more: Partial<Poll> = {}): Promise<Record<string, string>> => {
    const { database } = store;
    const polls = createSecurityEventPolls({ database, wakeups, signingKeys: newKeys(), transmitter });
    const asked = { streamId, clientId, maxEvents: 10, returnImmediately: true, taken: [], refused: {} };
    return (await polls.poll({ ...asked, ...more }, new AbortController().signal)).sets;
  };
  return {
    owed: (more: OwedSeed = {}) => owe(store.database, streamId, { state: 'held', ...more }),
    poll,
    refuse: (id: string) => poll({ refused: { [id]: { err: 'jwtCrypto', description: 'no such key' } } }),
  };
}

const isVerified = async (token: string | undefined): Promise<boolean> => {
  const keys = createLocalJWKSet(await newKeys().jwks());
  return jwtVerify(token ?? '', keys).then(
    () => true,
    () => false,
  );
};

const outcomesOf = async (id: string) => {
  const attempts = await storedAttempts(store.database, id);
  return attempts.map(({ outcome }) => outcome);
};

describe('a polled token that its receiver refuses', () => {
  it('because its key has been withdrawn is given again, signed anew, and once (I4)', async () => {
    const { owed, poll, refuse } = await newReceiver();
    const id = await owed();
    const { [id]: leaked } = await poll();
    expect(await isVerified(leaked)).toBe(true);
    await rotate(true);
    expect(await isVerified(leaked)).toBe(false);

    const { [id]: anew } = await refuse(id);
    expect(await isVerified(anew)).toBe(true);
    expect(await storedDelivery(store.database, id)).toMatchObject({ state: 'held', attempts: 1 });

    expect(await refuse(id)).toEqual({});
    expect(await storedDelivery(store.database, id)).toMatchObject({ state: 'dead', attempts: 2 });
    expect(await outcomesOf(id)).toEqual(['retry', 'gave_up']);
  });

  it('is given again once for each time that keys were withdrawn', async () => {
    const { owed, poll, refuse } = await newReceiver();
    const id = await owed();
    await poll();
    await rotate(true);
    await refuse(id);
    await rotate(true);
    const { [id]: anew } = await refuse(id);
    expect(await isVerified(anew)).toBe(true);
    expect(await refuse(id)).toEqual({});
    expect(await outcomesOf(id)).toEqual(['retry', 'retry', 'gave_up']);
  });

  it('is delivered once it is taken', async () => {
    const { owed, poll, refuse } = await newReceiver();
    const id = await owed();
    await poll();
    await rotate(true);
    await refuse(id);
    expect(await poll({ taken: [id] })).toEqual({});
    expect(await storedDelivery(store.database, id)).toMatchObject({ state: 'delivered' });
  });

  it('has ended where its key is still published, whichever signs by now', async () => {
    const { owed, poll, refuse } = await newReceiver();
    const id = await owed();
    const { [id]: token } = await poll();
    await rotate(false);
    store.clock.shiftMs += 2 * 86_400_000;
    expect(await isVerified(token)).toBe(true);
    expect(await refuse(id)).toEqual({});
    expect(await outcomesOf(id)).toEqual(['gave_up']);
  });

  it('has ended where it came to be after the keys were withdrawn', async () => {
    const { owed, poll, refuse } = await newReceiver();
    await newKeys().currentKid();
    await rotate(true);
    const id = await owed({ createdInMs: store.clock.shiftMs });
    expect(await isVerified((await poll())[id])).toBe(true);
    expect(await refuse(id)).toEqual({});
    expect(await outcomesOf(id)).toEqual(['gave_up']);
  });
});
