import { createInterface } from 'node:readline/promises';
import { text } from 'node:stream/consumers';
import { CliError } from './cli-error';

/**
 * A secret from the keyboard, without echo, or the first line of what is piped in.
 * @throws `usage` where there is none
 */
export async function askSecret(question: string): Promise<string> {
  const secret = process.stdin.isTTY ? await typedUnseen(question) : firstLine(await text(process.stdin));
  if (secret === '') throw new CliError('usage', 'No secret was given.');
  return secret;
}

export const firstLine = (content: string): string => content.split(/\r?\n/, 1)[0] ?? '';

/** Whether somebody at the keyboard says yes. Where nobody sits there, nobody does. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false;
  const keyboard = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await keyboard.question(`${question} Type "yes": `);
  keyboard.close();
  return answer.trim() === 'yes';
}

const ENTER = /[\r\n]/;
const CTRL_C = '\u0003';
const RUBOUTS = ['\b', '\u007f'];

function typedUnseen(question: string): Promise<string> {
  const { stdin, stderr } = process;
  stderr.write(question);
  stdin.setRawMode(true).setEncoding('utf8').resume();
  return new Promise((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void) => {
      stdin.off('data', listen).setRawMode(false).pause();
      stderr.write('\n');
      settle();
    };
    const listen = (keys: string) => {
      for (const key of keys) {
        if (key === CTRL_C) return end(() => reject(new CliError('usage', 'Interrupted.')));
        if (ENTER.test(key)) return end(() => resolve(typed));
        typed = RUBOUTS.includes(key) ? typed.slice(0, -1) : typed + key;
      }
    };
    stdin.on('data', listen);
  });
}
