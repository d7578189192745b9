import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { removeEmbeddedPostgres, startEmbeddedPostgres } from '../../local/embedded-postgres';
import { createDataSource } from '../../src/database/data-source';

let root: string;

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'portcullis-local-'));
});

afterEach(async () => {
  await removeEmbeddedPostgres(join(root, 'postgres'));
  await rm(root, { recursive: true, force: true });
});

const start = (directory = join(root, 'postgres')) => startEmbeddedPostgres({ directory, fsync: false });

async function query(url: string, statement: string): Promise<unknown[]> {
  const client = new Client(url);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>(statement).finally(() => client.end());
  return rows;
}

test('keeps its data over a restart', async () => {
  const first = await start();
  await first.createDatabase('kept');
  await query(first.url('kept'), 'CREATE TABLE t AS SELECT 42 AS answer');
  await first.stop();

  const second = await start();
  expect(await second.hasDatabase('kept')).toBe(true);
  expect(await query(second.url('kept'), 'SELECT answer FROM t')).toEqual([{ answer: 42 }]);
  await second.stop();
});

test('copies a template and drops a database that is in use', async () => {
  const server = await start();
  await server.createDatabase('template_of_ours');
  await query(server.url('template_of_ours'), 'CREATE TABLE t (id int)');
  await server.createDatabase('copy', 'template_of_ours');
  const client = new Client(server.url('copy'));
  client.on('error', () => undefined);
  await client.connect();
  await server.dropDatabase('copy');
  expect(await server.hasDatabase('copy')).toBe(false);
  await server.stop();
});

test('takes over from a server that was killed or left behind, data and all', async () => {
  const orphaned = await start();
  await orphaned.createDatabase('kept');

  const successor = await start();
  await orphaned.ended;
  expect(await successor.hasDatabase('kept')).toBe(true);
  await successor.stop();
});

test('its URL serves TypeORM too, and a path with blanks and commas', async () => {
  const directory = join(root, 'my projects, all', 'postgres');
  await mkdir(join(root, 'my projects, all'), { mode: 0o755 });
  const server = await start(directory);
  const source = createDataSource({ databaseUrl: server.url('postgres'), poolSize: 2 });
  await source.initialize();
  expect(await source.query('SELECT current_user AS name')).toEqual([{ name: 'app' }]);
  await source.destroy();
  await server.stop();
  await removeEmbeddedPostgres(directory);
});

test('a path too long for a socket gets a short one, which goes with the data', async () => {
  const directory = join(root, 'x'.repeat(100), 'postgres');
  const server = await start(directory);
  const host = new URL(server.url('postgres').replace('@/', '@localhost/')).searchParams.get('host') ?? '';
  expect(host.length).toBeLessThan(80);
  expect(await query(server.url('postgres'), 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
  await server.stop();
  await removeEmbeddedPostgres(directory);
  await expect(stat(host)).rejects.toThrow('ENOENT');
  await expect(stat(directory)).rejects.toThrow('ENOENT');
});
