import { readdirSync, readFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { EMAIL_KINDS } from './email-kind';

/** Templates by their path below the folder, such as `de/blocked.liquid`. */
export type Templates = Readonly<Record<string, string>>;

/** Where ours are; `npm run build` copies them beside the compiled files. */
const OURS = join(__dirname, 'templates');

const EXTENSION = '.liquid';

/** The names that are looked for. What begins with `_` is a part that others include. */
const KNOWN = new RegExp(
  `^(layout\\.(html|txt)|([A-Za-z0-9-]+/)?_[\\w-]+|[A-Za-z0-9-]+/(${EMAIL_KINDS.join('|')}))\\.liquid$`,
);

/**
 * Reads our templates, each of which a file of the same name in the operator's folder replaces. They are read once:
 * a folder that changes while the worker runs changes nothing.
 * @throws Error that names a file of the operator's that replaces nothing and stands for no kind of e-mail
 */
export function readTemplates(operatorsFolder: string | undefined): Templates {
  const own = operatorsFolder === undefined ? {} : readFolder(operatorsFolder);
  const unknown = Object.keys(own).filter((name) => !KNOWN.test(name));
  if (unknown.length > 0) throw new Error(`${unknown.join(', ')}: no template has this name`);
  return { ...readFolder(OURS), ...own };
}

const readFolder = (folder: string): Templates =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith(EXTENSION))
      .map((path) => [path.replaceAll(sep, '/'), readFileSync(join(folder, path), 'utf8')]),
  );
