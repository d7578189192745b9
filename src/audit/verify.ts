import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { ConfigurationError, loadConfig } from '../config';
import { createDataSource, engineOf } from '../database/data-source';
import { createDatabase } from '../database/database';
import { createEncryption } from '../database/encryption';
import { createKeyring } from '../database/keyring';
import { DomainError } from '../errors';
import { openSignedHead } from './chain-head';
import { verifyPiece } from './verify-chain';

const PIECE = 5_000;

/**
 * Entry of the operator's verification: reads the database and asks no API. Exits with 0 where the whole chain holds, 1
 * where it is broken, 2 where it could not be verified.
 */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { head: { type: 'string' } } });
  const { DATABASE_URL, ENCRYPTION_KEYS, AUDIT_KEY } = loadConfig('audit', process.env);
  const keyring = createKeyring(createEncryption(ENCRYPTION_KEYS), AUDIT_KEY);
  const head =
    values.head === undefined ? undefined : await openSignedHead(keyring, await readHead(values.head));
  const dataSource = await createDataSource({ databaseUrl: DATABASE_URL, poolSize: 2 }).initialize();
  const database = createDatabase(dataSource, engineOf(DATABASE_URL), undefined, keyring);
  try {
    for (let after: number | null = 0; after !== null;) {
      const { verifiedTo, next, broken } = await verifyPiece(database, keyring, {
        after,
        limit: PIECE,
        head,
      });
      if (broken) {
        const record = broken.recordId === null ? '' : `, record ${broken.recordId}`;
        console.error(`The chain is broken at position ${broken.position}${record}: ${inWords[broken.what]}`);
        return 1;
      }
      console.log(
        next === null ? `The chain holds, up to position ${verifiedTo}.` : `Holds up to ${verifiedTo} ...`,
      );
      after = next;
    }
    return 0;
  } finally {
    await database.close();
  }
}

const inWords = {
  missing: 'the record is missing.',
  content: 'it does not say what was recorded, or was forged.',
  values: 'its identifying values are not those that were recorded.',
  taken: 'its values were taken away.',
  chain: 'it does not follow the one before.',
  tail: 'the chain ends before it; records were cut off.',
  head: 'the chain is not the one that the head was taken of.',
} as const;

/** What `GET /api/v1/audit-records/head` answered, or its `signature` alone. */
async function readHead(file: string): Promise<string> {
  const text = (await readFile(file, 'utf8')).trim();
  return text.startsWith('{') ? String((JSON.parse(text) as { signature?: unknown }).signature) : text;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    const told = error instanceof ConfigurationError || error instanceof DomainError;
    console.error(told ? error.message : error);
    process.exitCode = 2;
  },
);
