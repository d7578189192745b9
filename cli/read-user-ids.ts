import { CliError } from './cli-error';
import { assertUserId } from './find-user-id';
import { readInput } from './read-input';

/**
 * User ids, one a line; blank lines and those that begin with # are left out.
 * @throws `usage` with the line that is none
 */
export async function readUserIds(file: string): Promise<number[]> {
  const lines = (await readInput(file)).split(/\r?\n/);
  return lines.flatMap((line, index) => {
    const id = line.trim();
    if (id === '' || id.startsWith('#')) return [];
    try {
      return [Number(assertUserId(id))];
    } catch (error) {
      throw error instanceof CliError ? new CliError('usage', `Line ${index + 1}: ${error.message}`) : error;
    }
  });
}
