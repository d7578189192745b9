import { startTcpProxy, type TcpProxy } from '../../test/guard/support/tcp-proxy';
import { startPrivateRedis } from '../../test/invariants/crashes/private-redis';
import type { BenchProcess } from '../processes';
import { type PartResult, runPart } from './part';
import type { Stage } from './stage';

/** Each waits for a lease to run out, or for an API to start. */
const BLOCKS = 5;
/** Without Redis the other process reads the database each second. */
const BLOCKS_WITHOUT_REDIS = 20;

type CutOff = 'drop' | 'hold';

/** One guard more than the others loses its network the moment before each block; the others do not. */
export async function cutOff(stage: Stage, how: CutOff): Promise<PartResult[]> {
  const api = await stage.startApi();
  const proxy: TcpProxy = await startTcpProxy(api.url);
  const [setup] = stage.setups('guard', [api]);
  if (!setup) throw new Error('there are no guards');
  const what = how === 'drop' ? 'connections dropped' : 'connections held open silently';
  try {
    return await runPart(stage, {
      name: what,
      fleets: {
        [`the guard cut off, ${what}`]: [{ ...setup, servers: 1, api: proxy.url }],
        'the others meanwhile': stage.setups('guard', [api]),
      },
      blocks: BLOCKS,
      through: () => api,
      before: () => proxy[how](),
      settled: () => proxy.pass(),
    });
  } finally {
    await proxy.close();
    await api.stop();
  }
}

/** The only API is killed with the answer of each block, and started again when nobody is let through any more. */
export async function apiKilled(stage: Stage): Promise<PartResult[]> {
  let api = await stage.startApi();
  try {
    return await runPart(stage, {
      name: 'API killed',
      fleets: { 'guard, API killed and restarted': stage.setups('guard', [api]) },
      blocks: BLOCKS,
      through: () => api,
      after: () => api.kill(),
      async settled() {
        api = await stage.restartApi(api);
      },
    });
  } finally {
    await api.stop();
  }
}

/** Two APIs that cannot wake each other: blocks through one, half of the guards ask the other. */
export async function redisGone(stage: Stage): Promise<PartResult[]> {
  const redis = await startPrivateRedis();
  const apis: BenchProcess[] = [];
  try {
    for (let count = 0; count < 2; count++) apis.push(await stage.startApi({ REDIS_URL: redis.url }));
    return await runPart(stage, {
      name: 'Redis gone',
      fleets: { 'guard, Redis gone, two API processes': stage.setups('guard', apis) },
      blocks: BLOCKS_WITHOUT_REDIS,
      through: (index) => apis[index % apis.length] as BenchProcess,
      before: () => redis.killAndLoseAll(),
    });
  } finally {
    await Promise.all(apis.map((api) => api.stop()));
    await redis.killAndLoseAll();
  }
}
