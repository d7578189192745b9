import { percentile } from '../measure';
import type { PartResult } from './part';

const HEAD = [
  'how a resource server decides',
  'servers',
  'blocks',
  'from the call: p50',
  'p99',
  'worst ms',
  'from the answer: p50',
  'p99',
  'worst ms',
  'let through /s',
  'processors: servers',
  'all',
];

/** For people and for Markdown: the last request that any server let through. */
export function tableOf(results: readonly PartResult[]): string {
  const rows = results.map((result) => [
    result.name,
    String(result.servers),
    String(result.fromSending.length),
    ...latenciesOf(result.fromSending),
    ...latenciesOf(result.fromAnswer),
    result.passesPerSecond.toFixed(0),
    percent(result.serversShare),
    percent(result.machineShare),
  ]);
  const widths = HEAD.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join(' | ')} |`;
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`));
  return [line(HEAD), `|${rule.join('|')}|`, ...rows.map(line)].join('\n');
}

function latenciesOf(milliseconds: readonly number[]): string[] {
  const sorted = milliseconds.toSorted((a, b) => a - b);
  return [percentile(sorted, 0.5), percentile(sorted, 0.99), worstOf(milliseconds)].map((value) =>
    value.toFixed(1),
  );
}

export const worstOf = (milliseconds: readonly number[]): number => Math.max(...milliseconds);

const percent = (share: number): string => `${(share * 100).toFixed(0)} %`;
