import type { Database } from '../src/database/database';
import type { ChannelName, PlannedDelivery } from '../src/events/channel';
import type { Outbox } from '../src/events/outbox';
import { changeSuspensions } from '../src/suspension/change-suspensions';
import type { SuspensionCommand } from '../src/suspension/suspension-command';
import { ACTOR } from './contender';

const ADDRESS = '203.0.113.7';

/** A change of a user's suspension as an API would ask for it. */
export function suspensionCommand(
  action: 'block' | 'unblock',
  userId: number,
  { askedFor = [], until = null }: { askedFor?: ChannelName[]; until?: Date | null } = {},
): SuspensionCommand {
  const common = {
    userId,
    actor: { subject: ACTOR, clientId: ACTOR, requestId: ACTOR, address: ADDRESS },
    askedFor: new Set(askedFor),
    onBehalfOfUserId: null,
    countSessions: false,
    mayTouchProtected: false,
  };
  return action === 'unblock'
    ? { ...common, action }
    : { ...common, action, reason: 'Measured', reasonForUser: null, category: null, until, source: 'api' };
}

/** Changes users in one transaction. @returns the deliveries, which are handed to no queue yet */
export async function changeUsers(
  database: Database,
  outbox: Outbox,
  commands: readonly SuspensionCommand[],
): Promise<readonly PlannedDelivery[]> {
  const { deliveries } = await database.transaction((tx) => changeSuspensions(tx, outbox, commands, 'wait'));
  return deliveries;
}
