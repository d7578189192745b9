import type { BenchProcess } from '../processes';
import { type Part, type PartResult, runPart } from './part';
import type { Stage } from './stage';

const JWT_LIFETIME_SECONDS = 10;
/** What waits for seconds each time is measured fewer times. */
const SLOW_BLOCKS = 5;
const INTROSPECTED_BLOCKS = 50;

/** The guards while nothing fails, and beside them what resource servers do without. */
export async function goodDays(stage: Stage): Promise<PartResult[]> {
  const { blocks, pauseMs } = stage.settings;
  const api = await stage.startApi();
  try {
    const guards = { guard: stage.setups('guard', [api]) };
    const results: PartResult[] = [];
    const run = async (part: Omit<Part, 'through'>) =>
      void results.push(...(await runPart(stage, { ...part, through: () => api })));
    await run({ name: 'guards', fleets: { 'guard, tight loop': guards.guard }, blocks });
    const name = `guard, a request each ${pauseMs} ms`;
    await run({ name, fleets: { [name]: stage.setups('guard', [api], pauseMs) }, blocks });
    await run({
      name: 'introspection',
      fleets: { 'introspection at each request': stage.setups('introspection', [api]) },
      blocks: Math.min(blocks, INTROSPECTED_BLOCKS),
    });
    await run({
      name: 'cached introspection',
      fleets: { 'introspection, cached for 5 s': stage.setups('cached introspection', [api]) },
      blocks: Math.min(blocks, SLOW_BLOCKS),
    });
    await run({
      name: 'JWT',
      fleets: { [`JWT alone, tokens of ${JWT_LIFETIME_SECONDS} s`]: stage.setups('jwt', [api]) },
      blocks: Math.min(blocks, SLOW_BLOCKS),
      lifetimeSeconds: JWT_LIFETIME_SECONDS,
      triesAgain: false,
    });
    return results;
  } finally {
    await api.stop();
  }
}

/** Half of the guards ask each of two APIs, and so do the blocks. */
export async function twoApis(stage: Stage): Promise<PartResult[]> {
  const apis: BenchProcess[] = [];
  try {
    apis.push(await stage.startApi(), await stage.startApi());
    return await runPart(stage, {
      name: 'two APIs',
      fleets: { 'guard, two API processes': stage.setups('guard', apis) },
      blocks: stage.settings.blocks,
      through: (index) => apis[index % apis.length] as BenchProcess,
    });
  } finally {
    await Promise.all(apis.map((api) => api.stop()));
  }
}
