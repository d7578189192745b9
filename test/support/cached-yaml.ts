import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const yaml = jest.requireActual<typeof import('yaml')>('../../node_modules/yaml');

/**
 * The parser of `yaml`, which the suite takes for the contract twice in each file: half a second of work every time. What
 * it makes of a text is kept for the suite, under the digest of the text.
 */
export function parse(text: string, options?: Parameters<typeof yaml.parse>[2]): unknown {
  if (options !== undefined) return yaml.parse(text, options);
  const digest = createHash('sha256').update(text).digest('hex');
  const file = join(process.env.TEST_DIRECTORY ?? tmpdir(), `yaml-${digest}.json`);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as unknown;
  const parsed = yaml.parse(text) as unknown;
  // Two files may come at once: each sees a whole one or none.
  writeFileSync(`${file}.${process.pid}`, JSON.stringify(parsed));
  renameSync(`${file}.${process.pid}`, file);
  return parsed;
}
