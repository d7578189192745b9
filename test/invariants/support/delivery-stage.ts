import { toBoolean, toInteger, toText } from '../../../src/database/decode';
import { sql } from '../../../src/database/sql';
import type { Call } from '../../support/http-client';
import { type Platform, startPlatform, waitFor } from '../../support/processes';
import type { TestDatabase } from '../../support/test-database';
import { registerEndpoint } from './calls';
import { type Mailbox, startMailbox, startVerifyingReceiver, type VerifyingReceiver } from './receivers';

/** A platform with a receiver of webhooks and one of mail. */
export interface DeliveryStage {
  platform: Platform;
  receiver: VerifyingReceiver;
  mailbox: Mailbox;
  /** Registers the receiver; before it no webhook is due. */
  register(call: Call): Promise<void>;
  /** Who was told, with how many requests about how many events. */
  toldByWebhook(): Map<number, { requests: number; events: number }>;
  /** Users who are or were blocked, and whether that asked for a webhook: as stored, whatever was answered. */
  suspensions(): Promise<Map<number, { webhook: boolean }>>;
  /** Waits until no delivery is pending; all of them must have been delivered. */
  allDelivered(limitMs?: number): Promise<void>;
  close(): Promise<void>;
}

export async function startDeliveryStage(
  environment: NodeJS.ProcessEnv = {},
  answer?: Parameters<typeof startVerifyingReceiver>[0],
  testDatabase?: TestDatabase,
): Promise<DeliveryStage> {
  const [receiver, mailbox] = await Promise.all([startVerifyingReceiver(answer), startMailbox()]);
  const platform = await startPlatform({ SMTP_URL: mailbox.url, ...environment }, testDatabase);
  return {
    platform,
    receiver,
    mailbox,
    async register(call) {
      receiver.secret = await registerEndpoint(call, receiver.url);
    },
    async allDelivered(limitMs = 90_000) {
      const states = async () => {
        const { rows } = await platform.database.query(
          sql`SELECT state, COUNT(*) AS amount FROM deliveries GROUP BY state`,
        );
        return new Map(rows.map((row) => [toText(row.state), toInteger(row.amount)]));
      };
      const isDone = async () => ((await states()).has('pending') ? undefined : true);
      await waitFor(isDone, 'the end of the last pending delivery', limitMs);
      expect([...(await states()).keys()].filter((state) => state !== 'delivered')).toEqual([]);
      expect(receiver.forged).toBe(0);
    },
    toldByWebhook() {
      const users = new Map<number, { requests: number; ids: Set<string> }>();
      for (const { id, event } of receiver.received) {
        const { requests, ids } = users.get(event.data.userId) ?? { requests: 0, ids: new Set() };
        users.set(event.data.userId, { requests: requests + 1, ids: ids.add(id) });
      }
      return new Map([...users].map(([user, { requests, ids }]) => [user, { requests, events: ids.size }]));
    },
    async suspensions() {
      const { rows } = await platform.database.query(sql`SELECT user_id, notify_webhook FROM suspensions`);
      const users = new Map<number, { webhook: boolean }>();
      for (const row of rows) {
        const id = toInteger(row.user_id);
        users.set(id, { webhook: toBoolean(row.notify_webhook) || users.get(id)?.webhook === true });
      }
      return users;
    },
    async close() {
      await platform.close();
      await Promise.all([receiver.close(), mailbox.close()]);
    },
  };
}
