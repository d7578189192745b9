import { randomUUID } from 'node:crypto';
import pino from 'pino';
import { orNull, toInteger, toText } from '../../../src/database/decode';
import { sql } from '../../../src/database/sql';
import { createOutbox } from '../../../src/events/outbox';
import { claimJob } from '../../../src/suspension/batch/claim-job';
import { runChunk } from '../../../src/suspension/batch/run-chunk';
import { expireDue } from '../../../src/suspension/expire-suspensions';
import { channels } from '../../../src/registrations';
import type { TestApi } from '../../support/test-api';
import { createUser } from './calls';
import type { Answered, SeenEvent, UserState } from './model';
import type { Operation } from './model-operations';

const MINUTE_MS = 60_000;
const log = pino({ level: 'silent' });

/** The service under the operations of a sequence, on users of its own. */
export interface System {
  run(operation: Operation): Promise<Answered>;
  state(): Promise<UserState[]>;
  events(): Promise<SeenEvent[][]>;
}

export async function createSystem(api: TestApi, count: number): Promise<System> {
  const { database, queues } = api.services;
  const outbox = createOutbox({
    channels,
    queues,
    onQueueAway: () => Promise.resolve(),
  });
  const users = await Promise.all(Array.from({ length: count }, () => createUser(api.call)));
  const sessions: string[][] = users.map(() => []);
  const blockingJobs: string[] = [];
  // The clock only ever goes on: sequences come one after the other.
  const startedAt = Date.now() + api.clock.shiftMs;
  let passedMinutes = 0;

  const idOf = (who: number): number => users[who]?.id ?? 1;
  const send = async (method: string, path: string, body?: unknown): Promise<number> =>
    (await api.call(method, `/api/v1/users/${path}`, { body })).status;

  /** What the worker does until nothing is due. */
  const expire = async (): Promise<void> => {
    while ((await expireDue({ database, outbox, log, onExpired: () => undefined })) === 0);
  };

  /** What the worker does until the job has ended; answers the outcomes in the order of the list. */
  const runJob = async (id: string): Promise<string[]> => {
    const claimed = await claimJob(database, randomUUID());
    expect(claimed?.id).toBe(id);
    if (!claimed) return [];
    while ((await runChunk(database, outbox, claimed, 'wait')) !== 'done');
    const { body } = await api.call('GET', `/api/v1/suspension-jobs/${id}/outcomes`);
    return (body as { outcome: string }[]).map(({ outcome }) => outcome);
  };

  const run = async (operation: Operation): Promise<Answered> => {
    switch (operation.do) {
      case 'block': {
        const { who, reason, minutes, webhook } = operation;
        const until = startedAt + (passedMinutes + (minutes ?? 0)) * MINUTE_MS;
        return send('PATCH', `${idOf(who)}/block`, {
          suspensionReason: reason,
          triggerWebhook: webhook,
          ...(minutes === null ? {} : { blockedUntil: new Date(until).toISOString() }),
        });
      }
      case 'unblock':
        return send('PATCH', `${idOf(operation.who)}/unblock`);
      case 'deactivate':
        return send('DELETE', String(idOf(operation.who)), { permanent: false });
      case 'reactivate':
        return send('POST', `${idOf(operation.who)}/reactivate`);
      case 'revoke':
        return send('DELETE', `${idOf(operation.who)}/sessions`);
      case 'signIn': {
        const sessionId = randomUUID();
        const status = await send('POST', `${idOf(operation.who)}/sessions`, {
          clientId: 'web',
          expiresAt: '2099-12-31T23:59:59Z',
          sessionId,
        });
        if (status === 201) sessions[operation.who]?.push(sessionId);
        return status;
      }
      case 'pass':
        passedMinutes += 10;
        api.clock.shiftMs += 10 * MINUTE_MS;
        return 0;
      case 'expire':
        await expire();
        return 0;
      case 'batch': {
        const { action, whom, reason } = operation;
        const { body } = await api.call('POST', '/api/v1/suspensions/batch', {
          body: {
            action,
            userIds: whom.map(idOf),
            ...(action === 'block' ? { suspensionReason: reason } : {}),
          },
        });
        return (body as { items: { outcome: string }[] }).items.map(({ outcome }) => outcome);
      }
      case 'job': {
        const { action, whom, reason } = operation;
        const query = action === 'block' ? `&suspensionReason=${reason}` : '';
        const { body } = await api.call('POST', `/api/v1/suspension-jobs?action=${action}${query}`, {
          body: whom.map(idOf).join('\n'),
          contentType: 'application/x-ndjson',
        });
        const { id } = body as { id: string };
        if (action === 'block') blockingJobs.push(id);
        return runJob(id);
      }
      case 'undo': {
        const id = blockingJobs.shift();
        if (id === undefined) return [];
        const { body } = await api.call('POST', `/api/v1/suspension-jobs/${id}/undo`);
        return runJob((body as { id: string }).id);
      }
    }
  };

  return {
    run,

    state: () =>
      Promise.all(
        users.map(async ({ id }, who): Promise<UserState> => {
          const { body } = await api.call('GET', `/api/v1/users/${id}`);
          const { status, accessEpoch } = body as { status: UserState['status']; accessEpoch: number };
          const alive = await Promise.all(
            (sessions[who] ?? []).map(async (sid) => {
              const answer = await api.call('GET', `/api/v1/sessions/${sid}`);
              return (answer.body as { active: boolean }).active;
            }),
          );
          return { status, epoch: accessEpoch, sessions: alive };
        }),
      ),

    events: () =>
      Promise.all(
        users.map(async ({ id }) => {
          const { rows } = await database.query(
            sql`SELECT sequence, type, payload FROM events WHERE user_id = ${id} ORDER BY sequence`,
          );
          return rows.map((row): SeenEvent => {
            const { data } = JSON.parse(toText(row.payload)) as { data: { cause?: string | null } };
            return [toInteger(row.sequence), toText(row.type), orNull(toText, data.cause)];
          });
        }),
      ),
  };
}
