import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { CliError } from './cli-error';

/**
 * A whole file, or stdin where it is called "-".
 * @throws `notFound` where it cannot be read
 */
export async function readInput(file: string): Promise<string> {
  const content = await (file === '-' ? text(process.stdin) : readFile(file, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CliError('notFound', `${file} cannot be read (${error.code}).`);
    },
  );
  return content.replace(/^\ufeff/, '');
}
