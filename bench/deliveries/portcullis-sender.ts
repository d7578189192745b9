import type { Database } from '../../src/database/database';
import type { PlannedDelivery } from '../../src/events/channel';
import type { Outbox } from '../../src/events/outbox';
import { changeUsers, suspensionCommand } from '../change-users';
import { chunksOf, type Sender } from './sender';

const USERS_A_TRANSACTION = 200;

/** Blocks all users in turn, then lets all of them back in: each change is one that has to be told. */
export function* changesInTurn(
  users: number,
): Generator<{ userId: number; action: 'block' | 'unblock' }, never> {
  for (;;) {
    for (const action of ['block', 'unblock'] as const)
      for (let userId = 1; userId <= users; userId++) yield { userId, action };
  }
}

export type Changes = ReturnType<typeof changesInTurn>;

/** Portcullis' worker: its deliveries stand in the database and are recorded there. */
export function portcullisSender(
  database: Database,
  outbox: Outbox,
  changes: Changes,
  endpoints: number,
): Sender {
  let deliveries: PlannedDelivery[] = [];
  return {
    name: 'Portcullis',
    async prepare(count) {
      const commands = Array.from({ length: count / endpoints }, () => {
        const { userId, action } = changes.next().value;
        return suspensionCommand(action, userId, { askedFor: ['webhook'] });
      });
      deliveries = [];
      for (const chunk of chunksOf(commands, USERS_A_TRANSACTION))
        deliveries.push(...(await changeUsers(database, outbox, chunk)));
    },
    handOver() {
      chunksOf(deliveries).forEach((chunk) => outbox.handOver(chunk));
      return Promise.resolve();
    },
    close: () => Promise.resolve(),
  };
}
