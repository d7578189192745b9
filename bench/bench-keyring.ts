import { randomBytes } from 'node:crypto';
import { createEncryption } from '../src/database/encryption';
import { createKeyring, type Keyring } from '../src/database/keyring';

/** Keys of a run: what it writes is thrown away with it. */
export const benchKeyring = (): Keyring =>
  createKeyring(createEncryption([{ id: 'bench', key: randomBytes(32) }]), randomBytes(32));
