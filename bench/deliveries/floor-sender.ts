import type { BenchDatabase } from '../bench-database';
import { newUuid } from '../../src/database/uuid';
import { type FloorJob, openFloorQueue } from './floor-queue';
import { chunksOf, type Sender } from './sender';

/** As long as what Portcullis tells of a block. */
const BODY = JSON.stringify({ type: 'user.blocked', data: 'x'.repeat(380) });

/** BullMQ and `undici` alone, with nothing looked up, signed or recorded. */
export function floorSender(place: BenchDatabase, receiverUrl: string): Sender {
  const queue = openFloorQueue(place);
  let jobs: FloorJob[] = [];
  return {
    name: 'floor',
    prepare(count) {
      jobs = Array.from({ length: count }, () => ({
        url: `${receiverUrl}/floor`,
        id: newUuid(),
        body: BODY,
      }));
      return Promise.resolve();
    },
    async handOver() {
      const adding = chunksOf(jobs).map((chunk) =>
        queue.addBulk(chunk.map((data) => ({ name: 'deliver', data, opts: { jobId: data.id } }))),
      );
      await Promise.all(adding);
    },
    close: () => queue.close(),
  };
}
