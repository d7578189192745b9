import { firstLine } from './ask';
import { CliError } from './cli-error';
import { readInput } from './read-input';

/**
 * The first line of a file, or of stdin where it is called "-": a secret is never an argument, which everybody on the
 * machine could see.
 * @throws `notFound` where it cannot be read, `usage` where it holds none
 */
export async function readSecret(file: string): Promise<string> {
  const secret = firstLine(await readInput(file));
  if (secret === '') throw new CliError('usage', `${file} holds no secret.`);
  return secret;
}
