import { count } from './output';

/** How far a long command is; on stderr, so that what it answers can be piped on. */
export interface Progress {
  /** @param share 0 to 1, or null where nobody knows how much there is */
  show(done: number, share: number | null): void;
  finish(): void;
}

const BAR_WIDTH = 24;
const REDRAW_MS = 100;
/** Without a terminal, a line so often is enough for a log. */
const LINE_MS = 5_000;

/** A bar that is redrawn on a terminal, now and then a line elsewhere, and nothing where quiet is wanted. */
export function createProgress(unit: string, quiet: boolean): Progress {
  const { stderr } = process;
  const startedAt = performance.now();
  const intervalMs = stderr.isTTY ? REDRAW_MS : LINE_MS;
  let shownAt = stderr.isTTY ? 0 : startedAt;
  let latest = '';

  const write = (line: string) => {
    stderr.write(stderr.isTTY ? `\r\u001b[2K${line}` : `${line}\n`);
  };

  return {
    show(done, share) {
      const now = performance.now();
      const rate = Math.round(done / Math.max((now - startedAt) / 1000, 0.001));
      const bar =
        share === null ? '' : `${stderr.isTTY ? `${barOf(share)} ` : ''}${Math.floor(share * 100)} %  `;
      latest = `${bar}${count(done)} ${unit}, ${count(rate)} a second`;
      if (quiet || now - shownAt < intervalMs) return;
      shownAt = now;
      write(latest);
    },
    finish() {
      if (quiet || latest === '') return;
      write(latest);
      if (stderr.isTTY) stderr.write('\n');
    },
  };
}

function barOf(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `[${'#'.repeat(filled)}${'-'.repeat(BAR_WIDTH - filled)}]`;
}
