import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { components } from '../../src/http/contract.generated';
import { openContext } from '../context';
import { list, table } from '../output';

type Propagation = components['schemas']['Propagation'];

const POLL_MS = 500;

export function addPropagationCommand(program: Command): void {
  program
    .command('propagation')
    .description('Show since when the access of a blocked user is over everywhere, and who was told when')
    .argument('<suspension>', 'the id of the suspension, as `history --json` shows it')
    .option('--wait', 'wait until it is over')
    .addHelpText(
      'after',
      '\nExample:\n  $ portcullis propagation 01a1fdda-889f-71ae-b8f9-ea0d6e52af4d --wait',
    )
    .action(async (suspensionId: string, { wait }: { wait?: true }, command: Command) => {
      const { api, output } = await openContext(command);
      const path = `/suspensions/${encodeURIComponent(suspensionId)}/propagation`;
      let propagation = await api.call<Propagation>('GET', path);
      while (wait && propagation.overAt === null) {
        await delay(POLL_MS);
        propagation = await api.call<Propagation>('GET', path);
      }
      output.result(propagation, () => inWords(propagation));
    });
}

function inWords({ userId, revokedAt, overAt, guards, guardCount, deliveries }: Propagation): string {
  return [
    list([
      ['user', userId],
      ['revoked at', revokedAt],
      ['over at', overAt ?? 'not known yet'],
      ['guards', guardCount],
    ]),
    ...(guards.length > 0 ? ['', guardTable(guards)] : []),
    ...(deliveries.length > 0 ? ['', deliveryTable(deliveries)] : []),
  ].join('\n');
}

const guardTable = (guards: Propagation['guards']): string =>
  table(
    ['CLIENT', 'INSTANCE', 'TOLD AT', 'ACKNOWLEDGED AT', 'LATE', 'LEASE EXPIRED AT'],
    guards.map(({ clientId, instanceId, toldAt, acknowledgedAt, late, leaseExpiredAt }) => [
      clientId,
      instanceId,
      toldAt,
      acknowledgedAt,
      yesOrNo(late),
      leaseExpiredAt,
    ]),
  );

const deliveryTable = (deliveries: Propagation['deliveries']): string =>
  table(
    ['EVENT', 'CHANNEL', 'TARGET', 'STATE', 'DELIVERED AT', 'LATE'],
    deliveries.map(({ eventType, channel, target, state, deliveredAt, late }) => [
      eventType,
      channel,
      target,
      state,
      deliveredAt,
      yesOrNo(late),
    ]),
  );

const yesOrNo = (value: boolean): string => (value ? 'yes' : 'no');
