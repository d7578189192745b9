import { type Command, InvalidArgumentError, Option } from 'commander';
import type { components } from '../../src/http/contract.generated';
import type { ApiClient } from '../api-client';
import { openContext } from '../context';
import { assertUserId } from '../find-user-id';
import { toMoment } from '../moment';
import { list, table } from '../output';
import { pages } from '../pages';

type Delivery = components['schemas']['Delivery'];
type DeliveryWithAttempts = components['schemas']['DeliveryWithAttempts'];
type DeliveryState = components['schemas']['DeliveryState'];

interface ListOptions {
  endpoint?: string;
  user?: string;
  state?: DeliveryState;
  type?: string;
  since?: string;
  limit: number;
}

const STATES: DeliveryState[] = ['pending', 'held', 'delivered', 'dead', 'cancelled', 'skipped'];

/** Characters of an answer in a row. */
const ANSWER_SHOWN = 60;

/** The most that the service gives at once. */
const A_PAGE = 200;

export function addDeliveryCommands(program: Command): void {
  program
    .command('deliveries')
    .description('Show webhooks and e-mails, newest first: who was told, and who was not')
    .option('--endpoint <id>', 'to this webhook endpoint')
    .option('--user <user id>', 'about this user', assertUserId)
    .addOption(new Option('--state <state>', 'what has become of them').choices(STATES))
    .option('--type <type>', 'of this type of event, such as user.blocked')
    .option(
      '--since <when>',
      'since a time such as 2027-01-31T12:00:00Z, or 30m, 12h, 7d, 2w ago',
      toMoment('ago'),
    )
    .option('--limit <count>', 'at most so many', toCount, 50)
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis deliveries --state dead --since 2d
  $ portcullis deliveries --user 101 --json`,
    )
    .action(async (options: ListOptions, command: Command) => {
      const { api, output } = await openContext(command);
      const deliveries = await newest(api, options);
      output.result(deliveries, () => inRows(deliveries));
    });

  program
    .command('delivery')
    .description('Show a delivery with every attempt')
    .argument('<delivery>', 'its id')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis delivery 01a1fe21-7252-74ee-b02d-24b1a67d5ebd`,
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const delivery = await api.call<DeliveryWithAttempts>('GET', pathOf(id));
      output.result(delivery, () => `${inWords(delivery)}\n\n${attemptsOf(delivery)}`);
    });

  program
    .command('redeliver')
    .description('Send a delivery anew, at once and by the same id, whatever has become of it')
    .argument('<delivery>', 'its id')
    .addHelpText(
      'after',
      `
Examples:
  $ portcullis redeliver 01a1fe21-7252-74ee-b02d-24b1a67d5ebd`,
    )
    .action(async (id: string, _options: unknown, command: Command) => {
      const { api, output } = await openContext(command);
      const delivery = await api.call<Delivery>('POST', `${pathOf(id)}/redeliver`);
      output.result(delivery, () => inWords(delivery));
    });
}

const pathOf = (id: string): string => `/deliveries/${encodeURIComponent(id)}`;

async function newest(api: ApiClient, options: ListOptions): Promise<Delivery[]> {
  const { endpoint, user, state, type, since, limit } = options;
  const filter = { endpointId: endpoint, userId: user, state, eventType: type, from: since };
  const found: Delivery[] = [];
  for await (const page of pages<Delivery>(api, '/deliveries', Math.min(limit, A_PAGE), filter)) {
    found.push(...page);
    if (found.length >= limit) break;
  }
  return found.slice(0, limit);
}

function inRows(deliveries: readonly Delivery[]): string {
  if (deliveries.length === 0) return 'There is no such delivery.';
  return table(
    ['DELIVERY', 'CREATED', 'EVENT', 'USER', 'CHANNEL', 'TO', 'STATE', 'ATTEMPTS', 'NEXT'],
    deliveries.map((delivery) => [
      delivery.id,
      delivery.createdAt,
      delivery.eventType,
      delivery.userId,
      delivery.channel,
      delivery.target,
      delivery.state,
      delivery.attempts,
      delivery.nextAttemptAt,
    ]),
  );
}

const inWords = (delivery: Delivery): string =>
  list([
    ['delivery', delivery.id],
    ['event', `${delivery.eventType} ${delivery.eventId}`],
    ['occurred at', delivery.occurredAt],
    ['user', delivery.userId],
    ['sequence', delivery.sequence],
    ['channel', delivery.channel],
    ['to', delivery.target],
    ['state', delivery.state],
    ['attempts', delivery.attempts],
    ['next attempt', delivery.nextAttemptAt],
    ['delivered at', delivery.deliveredAt],
    ['finished at', delivery.finishedAt],
  ]);

function attemptsOf({ attemptRecords }: DeliveryWithAttempts): string {
  if (attemptRecords.length === 0) return 'No attempt is recorded.';
  return table(
    ['ATTEMPT', 'STARTED', 'TOOK', 'OUTCOME', 'STATUS', 'ERROR', 'ANSWER'],
    attemptRecords.map((attempt) => [
      attempt.number,
      attempt.startedAt,
      `${attempt.tookMs} ms`,
      attempt.outcome,
      attempt.statusCode,
      attempt.errorKind === null ? null : `${attempt.errorKind}: ${attempt.error ?? ''}`,
      beginningOf(attempt.response),
    ]),
  );
}

/** The whole is in the JSON. */
const beginningOf = (answer: string | null): string | null =>
  answer !== null && answer.length > ANSWER_SHOWN ? `${answer.slice(0, ANSWER_SHOWN)}…` : answer;

function toCount(value: string): number {
  const count = Number(value);
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It is no number from 1 on.');
  return count;
}
