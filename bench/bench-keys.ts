import { randomBytes } from 'node:crypto';
import { createEncryption } from '../src/database/encryption';
import { createKeyring, type Keyring } from '../src/database/keyring';

/** Keys of a run: what it writes is thrown away with it. */
export interface BenchKeys {
  keyring: Keyring;
  /** The same, for processes. */
  environment: { ENCRYPTION_KEYS: string; AUDIT_KEY: string };
}

export function newBenchKeys(): BenchKeys {
  const [key, auditKey] = [randomBytes(32), randomBytes(32)];
  return {
    keyring: createKeyring(createEncryption([{ id: 'bench', key }]), auditKey),
    environment: {
      ENCRYPTION_KEYS: `bench:${key.toString('base64')}`,
      AUDIT_KEY: auditKey.toString('base64'),
    },
  };
}
