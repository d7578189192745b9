import { apiKilled, cutOff, redisGone } from '../revocation/bad-days';
import { goodDays, twoApis } from '../revocation/good-days';
import type { PartResult } from '../revocation/part';
import { readSettings } from '../revocation/settings';
import { openStage, type Stage } from '../revocation/stage';
import { tableOf, worstOf } from '../revocation/table';
import type { BenchDatabase } from '../bench-database';
import { say } from '../progress';

const parts: ((stage: Stage) => Promise<PartResult[]>)[] = [
  goodDays,
  twoApis,
  (stage) => cutOff(stage, 'drop'),
  (stage) => cutOff(stage, 'hold'),
  apiKilled,
  redisGone,
];

/**
 * How long a user who is blocked over HTTP is still let in by resource servers that serve requests with her token in a tight
 * loop: with guards, beside what resource servers do without, and with guards when things fail.
 * @throws where a guard let somebody through longer than its lease, or again
 */
export async function revocation(place: BenchDatabase): Promise<void> {
  const settings = readSettings(process.env);
  const stage = await openStage(place, settings);
  const results: PartResult[] = [];
  try {
    for (const part of parts) {
      results.push(...(await part(stage)));
      say(`\n${tableOf(results)}\n`);
    }
  } finally {
    stage.close();
  }
  console.log(tableOf(results));
  const faults = results.flatMap((result) => faultsOf(result, settings.leaseMs));
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

function faultsOf({ name, fromAnswer, resurrections }: PartResult, leaseMs: number): string[] {
  const worst = worstOf(fromAnswer);
  return [
    ...(name.includes('guard') && worst >= leaseMs
      ? [`${name}: ${worst.toFixed(0)} ms, longer than the lease`]
      : []),
    ...(resurrections > 0 ? [`${name}: let through ${resurrections} times what had been refused`] : []),
  ];
}
