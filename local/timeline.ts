import { performance } from 'node:perf_hooks';
import { colour, milliseconds } from './terminal';

/** Prints what happens, each line with the milliseconds since the beginning. */
export interface Timeline {
  chapter(title: string): void;
  /** Something that happened as it should. */
  done(what: string, detail?: string): void;
  /** Text as it came, set off from the timeline. */
  quote(text: string): void;
}

export function createTimeline(print: (line: string) => void = console.log): Timeline {
  const began = performance.now();
  const margin = ' '.repeat(14);
  return {
    chapter: (title) => print(`\n${margin}${colour('bold', title)}`),
    done: (what, detail = '') => {
      const time = milliseconds(performance.now() - began).padStart(11);
      const line = `${colour('dim', time)}  ${colour('green', '✓')} ${what.padEnd(44)} ${colour('cyan', detail)}`;
      print(line.trimEnd());
    },
    quote: (text) => {
      const bar = colour('dim', '│');
      for (const line of text.trimEnd().split('\n')) print(`${margin}  ${bar} ${line}`.trimEnd());
    },
  };
}
