import stringWidth from 'string-width';

/** What a command has to say: to programs as JSON, to people as they read it. */
export interface Output {
  readonly json: boolean;
  /** @param inWords used unless JSON is asked for */
  result(value: unknown, inWords: () => string): void;
}

export function createOutput(json: boolean): Output {
  return {
    json,
    result(value, inWords) {
      process.stdout.write(`${json ? JSON.stringify(value, null, 2) : inWords()}\n`);
    },
  };
}

type Cell = string | number | boolean | null | undefined;

/** Rows under headings, as wide as they need to be. */
export function table(headings: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [headings, ...rows.map((row) => row.map(shown))];
  const widths = headings.map((_, column) =>
    Math.max(...lines.map((line) => stringWidth(line[column] ?? ''))),
  );
  return lines
    .map((line) =>
      line
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** Names and values, one a line; what has no value is left out. */
export function list(entries: readonly (readonly [string, Cell])[]): string {
  const known = entries.filter(([, value]) => value !== null && value !== undefined);
  const width = Math.max(...known.map(([name]) => name.length));
  return known.map(([name, value]) => `${name.padEnd(width)}  ${shown(value)}`).join('\n');
}

/** What others wrote must not steer the terminal: control characters and bidirectional marks are made visible. */
function shown(value: Cell): string {
  if (value === null || value === undefined) return '-';
  return String(value).replaceAll(/[\p{Cc}\u2028-\u202e\u2066-\u2069]/gu, '\ufffd');
}

const padded = (cell: string, width: number): string => cell + ' '.repeat(width - stringWidth(cell));

export const count = (number: number): string => number.toLocaleString('en-US');
