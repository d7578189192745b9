import { Client, escapeLiteral, Pool } from 'pg';
import type { OpenBus } from './wakeups';

const CHANNEL = 'portcullis_wakeups';

/** Nobody waits for a message to go out, so this only bounds what hangs. */
const PATIENCE_MS = 2_000;

/** A connection whose other end has vanished is noticed by it. */
const KEEP_ALIVE_MS = 10_000;

const RECONNECT_MS = 500;

/** LISTEN and NOTIFY, on connections of their own: a pooled one would lose what it listens to. */
export const postgresBus =
  (databaseUrl: string): OpenBus =>
  ({ onMessage, onListening, onAway }) => {
    const connection = {
      connectionString: databaseUrl,
      connectionTimeoutMillis: PATIENCE_MS,
      keepAlive: true,
      keepAliveInitialDelayMillis: KEEP_ALIVE_MS,
    };
    const publisher = new Pool({ ...connection, max: 1, query_timeout: PATIENCE_MS }).on('error', onAway);
    let listener: Client | null = null;
    let again: NodeJS.Timeout | undefined;
    let closed = false;

    const listen = (): void => {
      const client = new Client(connection);
      listener = client;
      client.on('notification', ({ payload }) => onMessage(payload ?? ''));
      client.on('error', onAway);
      client.once('end', () => {
        if (!closed) again = setTimeout(listen, RECONNECT_MS);
      });
      client
        .connect()
        .then(() => client.query(`LISTEN ${CHANNEL}`))
        .then(onListening)
        .catch((error: Error) => {
          onAway(error);
          void client.end().catch(() => undefined);
        });
    };

    return {
      async publish(message) {
        // A hint need not survive a power cut: the commit does not wait for the disk.
        await publisher.query(
          `BEGIN; SET LOCAL synchronous_commit = off; NOTIFY ${CHANNEL}, ${escapeLiteral(message)}; COMMIT`,
        );
      },
      listen,
      async close() {
        closed = true;
        clearTimeout(again);
        await Promise.all([publisher.end(), listener?.end().catch(() => undefined)]);
      },
    };
  };
