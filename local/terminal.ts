import { styleText } from 'node:util';

type Style = Parameters<typeof styleText>[0];

/** Colours where somebody looks at a terminal and wants them (https://no-color.org); plain text elsewhere. */
export const colour = (style: Style, text: string): string =>
  process.stdout.isTTY && !process.env.NO_COLOR ? styleText(style, text) : text;

export const milliseconds = (ms: number): string => `${Math.round(ms).toLocaleString('en')} ms`;

/** A part that is up. */
export function printProgress(part: string, tookMs: number): void {
  console.log(
    `  ${colour('green', '✓')} ${part.padEnd(18)}${colour('dim', milliseconds(tookMs).padStart(9))}`,
  );
}

export function printFailure(error: unknown): void {
  const message = error instanceof Error ? error.message : String(error);
  console.error(`\n${colour('red', '✗')} ${message}`);
}
