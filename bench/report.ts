import { percentile, type Sample } from './measure';

export interface Result {
  concurrency: number;
  contender: string;
  sample: Sample;
}

const perSecond = ({ operations, seconds }: Sample): number => operations / seconds;

/** A table for people and for Markdown: operations a second, latencies, and the ratios to each of the floors. */
export function report(results: readonly Result[], floors = ['raw', 'one trip']): string {
  const floor = (concurrency: number, contender: string) =>
    results.find((result) => result.concurrency === concurrency && result.contender === contender)?.sample;
  const ratio = (sample: Sample, to: Sample | undefined) =>
    to ? (perSecond(sample) / perSecond(to)).toFixed(2) : '-';
  const rows = results.map(({ concurrency, contender, sample }) => {
    const sorted = sample.latencies.toSorted((a, b) => a - b);
    return [
      String(concurrency),
      contender,
      perSecond(sample).toFixed(0),
      percentile(sorted, 0.5).toFixed(2),
      percentile(sorted, 0.99).toFixed(2),
      ...floors.map((name) => ratio(sample, floor(concurrency, name))),
    ];
  });
  const head = ['callers', 'contender', 'ops/s', 'p50 ms', 'p99 ms', ...floors.map((name) => `of ${name}`)];
  const widths = head.map((title, at) => Math.max(title.length, ...rows.map((row) => row[at]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padStart(widths[at] ?? 0)).join(' | ')} |`;
  return [
    line(head),
    `|${widths.map((width) => `${'-'.repeat(width + 1)}:`).join('|')}|`,
    ...rows.map(line),
  ].join('\n');
}
