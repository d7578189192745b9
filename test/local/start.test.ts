import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory } from '../../local/directory-lock';
import { reservePort } from '../../local/free-port';
import { readStackOptions } from '../../local/stack-options';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'portcullis-start-'));
});

afterEach(() => rm(directory, { recursive: true }));

test('a second one on the same directory is told the pid of the first', async () => {
  const lock = await lockDirectory(directory);
  await expect(lockDirectory(directory, 0)).rejects.toThrow(`(pid ${process.pid})`);
  await lock.release();
  await (await lockDirectory(directory, 0)).release();
});

test('the lock of a killed process counts for nothing, nor that of a pid that is used again', async () => {
  const gone = spawn(process.execPath, ['-e', '']);
  await new Promise((resolve) => gone.once('exit', resolve));
  await writeFile(join(directory, 'lock'), `${gone.pid} 1`);
  await (await lockDirectory(directory, 2_000)).release();
  if (process.platform !== 'linux') return;
  await writeFile(join(directory, 'lock'), `${process.ppid} 1`);
  await (await lockDirectory(directory, 2_000)).release();
});

test('ports: 3000 and up where free, two never the same, a wanted one or none', async () => {
  const [one, other] = [await reservePort(), await reservePort()];
  expect(Math.min(one.port, other.port)).toBeGreaterThanOrEqual(3000);
  expect(other.port).not.toBe(one.port);
  await expect(reservePort(one.port)).rejects.toThrow(`The port ${one.port} is taken`);
  await one.release();
  const again = await reservePort(one.port);
  await Promise.all([again.release(), other.release()]);
});

test('--fresh never empties a given database, and unknown options are refused', () => {
  const given = { DATABASE_URL: 'mysql://db/portcullis' };
  expect(() => readStackOptions(['--fresh'], given)).toThrow('--fresh empties the embedded database only');
  expect(() => readStackOptions(['--frish'], {})).toThrow('Unknown: --frish');
  expect(() => readStackOptions([], { PORT: 'abc' })).toThrow('PORT');
  expect(readStackOptions([], { ...given, PORT: '4000', REDIS_URL: '' })).toMatchObject({
    databaseUrl: given.DATABASE_URL,
    redisUrl: undefined,
    apiPort: 4000,
    fresh: false,
  });
});
