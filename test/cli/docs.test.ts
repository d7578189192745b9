import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { exitCodes, meanings } from '../../cli/exit-codes';
import { createProgram } from '../../cli/program';
import { environment } from '../../cli/settings';

const page = readFileSync(join(__dirname, '../../docs/cli.md'), 'utf8');

describe('docs/cli.md', () => {
  it('lists the exit codes and the variables as they are', () => {
    const codes = [...page.matchAll(/^\| +(\d) \| (.*?) +\|$/gm)].map(([, code, meaning]) => [
      Number(code),
      meaning,
    ]);
    const known = Object.entries(exitCodes).map(([ending, code]) => [
      code,
      meanings[ending as keyof typeof meanings],
    ]);
    expect(codes).toEqual(known);
    const variables = [...page.matchAll(/^\| `(PORTCULLIS_\w+)`/gm)].map(([, name]) => name);
    expect(variables).toEqual(Object.values(environment));
  });

  it('shows every command, and none that there is not', () => {
    const { commands } = createProgram();
    const names = commands.map((command) => command.name());
    const shown = new Set([...page.matchAll(/portcullis ([a-z][a-z-]+)/g)].map(([, name]) => String(name)));
    expect(names.filter((name) => !shown.has(name))).toEqual([]);
    expect([...shown].filter((name) => !names.includes(name))).toEqual([]);
  });
});
