import { randomBytes } from 'node:crypto';
import { createEncryption } from '../../src/database/encryption';
import { createKeyring } from '../../src/database/keyring';
import { createDatabase } from '../../src/database/database';
import { KeyedValue, sql } from '../../src/database/sql';
import { openDatabase } from './support/open-database';

describe('values that keys make', () => {
  it('are made when the statement is rendered, and escaped like every other', async () => {
    const store = await openDatabase();
    const { database, keyring } = store;
    const keyed = new KeyedValue((keys) => `${keys.mac('test', 'text')}'; --`);
    const { rows } = await database.query(sql`SELECT ${keyed} AS made, ${'beside'} AS known`);
    expect(rows).toEqual([{ made: `${keyring.mac('test', 'text')}'; --`, known: 'beside' }]);
    await store.close();
  });

  it('are refused by a database that was opened without keys, before anything is sent', async () => {
    const store = await openDatabase();
    const { database } = store;
    const keyless = createDatabase(database.dataSource, database.engine);
    await expect(keyless.query(sql`SELECT ${new KeyedValue(() => 1)}`)).rejects.toThrow('needs keys');
    await store.close();
  });

  it('come from a key for each purpose', () => {
    const encryption = createEncryption([{ id: 'k1', key: randomBytes(32) }]);
    const key = randomBytes(32);
    const [one, same, other] = [key, key, randomBytes(32)].map((given) => createKeyring(encryption, given));
    expect(one?.mac('a', 'text')).toBe(same?.mac('a', 'text'));
    expect(one?.mac('a', 'text')).not.toBe(one?.mac('b', 'text'));
    expect(one?.mac('a', 'text')).not.toBe(other?.mac('a', 'text'));
    expect(one?.derive('a')).toHaveLength(32);
  });
});
