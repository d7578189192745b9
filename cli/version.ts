import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The package's. Its file lies one folder above the sources, and two above what they are compiled to. */
export function version(): string {
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(join(__dirname, path), 'utf8')) as { version: string }).version;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return 'unknown';
}
