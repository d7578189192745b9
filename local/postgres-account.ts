import { execFileSync, spawnSync } from 'node:child_process';
import { chown, lstat, mkdir, mkdtemp, readlink, rm, rmdir, stat, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** The account that PostgreSQL runs under, where it must not be our own; it fits spawn's options. */
export interface Account {
  uid: number;
  gid: number;
}

const NOBODY = 65534;

/**
 * PostgreSQL refuses to run as root. Root hands the server to whoever owns the directory already, else to `nobody`.
 * @returns undefined where we are an ordinary user: the server runs as we do
 */
export async function postgresAccount(directory: string): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const owner = await stat(directory).catch(() => undefined);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const uid = numberOf('nobody');
  return { uid, gid: uid };
}

function numberOf(name: string): number {
  try {
    return Number(execFileSync('id', ['-u', name], { encoding: 'utf8' }));
  } catch {
    return NOBODY;
  }
}

/**
 * Makes `directory`, which the account can enter and write. Where a folder above shuts the account out (/root does),
 * `directory` becomes a link to a place under /var/tmp, which outlives a restart of the machine.
 * @returns the real path
 */
export async function preparePlace(directory: string, account: Account | undefined): Promise<string> {
  const linked = await followLink(directory, account);
  if (linked) return linked;
  await mkdir(dirname(directory), { recursive: true });
  if (!(await exists(directory))) await mkdir(directory, { mode: 0o700 });
  if (!account) return directory;
  await chown(directory, account.uid, account.gid);
  if (canWrite(directory, account)) return directory;
  await rmdir(directory).catch((error: unknown) => {
    throw new Error(
      `The account ${account.uid} that PostgreSQL runs under cannot reach ${directory}. Let others enter the folders ` +
        'above it (chmod o+x), or begin anew with --fresh.',
      { cause: error },
    );
  });
  return linkElsewhere(directory, (await exists('/var/tmp')) ? '/var/tmp' : tmpdir(), account);
}

/** A folder under the system's temporary one, whose path is short; `link` leads to it, so that it is used again. */
export async function prepareShortPlace(link: string, account: Account | undefined): Promise<string> {
  return (await followLink(link, account)) ?? linkElsewhere(link, tmpdir(), account);
}

/** A link whose end is gone, or has come to belong to somebody else since, is removed. */
async function followLink(link: string, account: Account | undefined): Promise<string | undefined> {
  const target = await readlink(link).catch(() => undefined);
  if (target === undefined) return undefined;
  const found = await lstat(target).catch(() => undefined);
  if (found?.isDirectory() && found.uid === (account?.uid ?? process.getuid?.())) return target;
  await rm(link);
  return undefined;
}

async function linkElsewhere(link: string, parent: string, account: Account | undefined): Promise<string> {
  const place = await mkdtemp(join(parent, 'portcullis-'));
  if (account) await chown(place, account.uid, account.gid);
  await symlink(place, link);
  return place;
}

/** Removes a place that was made here, wherever it really is. */
export async function removePlace(directory: string): Promise<void> {
  const linked = await readlink(directory).catch(() => undefined);
  if (linked) await rm(linked, { recursive: true, force: true });
  await rm(directory, { recursive: true, force: true });
}

export const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

function canWrite(directory: string, account: Account): boolean {
  const check = spawnSync('sh', ['-c', 'cd "$1" && test -w .', 'sh', directory], {
    ...account,
    cwd: '/',
    stdio: 'ignore',
  });
  return check.status === 0;
}
