import { readFileSync } from 'node:fs';
import { isAlive, parentOf } from './processes';

const EVERY_MS = 250;
const MOST_ANCESTORS = 5;

/**
 * `npm start` is npm, perhaps a shell, and us. Killed with -9, npm takes nobody along; whoever did that wants all of
 * it gone. Calls `gone` once when one of those between us and npm has ended. Without npm it watches nothing: a
 * script may start us and end.
 */
export function watchNpm(gone: () => void): () => void {
  const watched = ancestorsUpToNpm();
  const timer = setInterval(() => {
    if (watched.every(isAlive)) return;
    clearInterval(timer);
    gone();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}

function ancestorsUpToNpm(): number[] {
  if (!process.env.npm_lifecycle_event || process.ppid <= 1) return [];
  const ancestors = [process.ppid];
  // Other systems than Linux do not tell cheaply who is above our parent.
  while (process.platform === 'linux' && ancestors.length < MOST_ANCESTORS) {
    const last = ancestors.at(-1) ?? 0;
    if (isNpm(last)) return ancestors;
    const next = parentOf(last);
    if (!next || next <= 1) break;
    ancestors.push(next);
  }
  return [process.ppid];
}

function isNpm(pid: number): boolean {
  try {
    return /^npm |npm-cli|npx-cli/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' '));
  } catch {
    return false;
  }
}
