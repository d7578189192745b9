/** On a terminal the line is overwritten; in a log each step is a line. */
export function progress(text: string): void {
  process.stderr.write(process.stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
}

export const say = (text: string): void => progress(`${text}${process.stderr.isTTY ? '\n' : ''}`);
