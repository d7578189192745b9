import { Redis } from 'ioredis';
import type { OpenBus } from './wakeups';

/** Nobody waits for a message to go out, so this only bounds what hangs. */
const PATIENCE_MS = 2_000;

/** A connection whose other end has vanished is noticed by it. */
const KEEP_ALIVE_MS = 10_000;

const retryStrategy = (times: number): number => Math.min(times * 100, 1_000);

/** Redis or Valkey, publish and subscribe; on a cluster its nodes pass messages on. */
export const redisBus =
  (url: string, prefix: string): OpenBus =>
  ({ onMessage, onListening, onAway }) => {
    const channel = `${prefix}:wakeups`;
    const common = { retryStrategy, keepAlive: KEEP_ALIVE_MS, lazyConnect: true, connectionName: channel };
    const publisher = new Redis(url, {
      ...common,
      lazyConnect: false,
      enableOfflineQueue: false,
      maxRetriesPerRequest: 1,
      commandTimeout: PATIENCE_MS,
    }).on('error', onAway);
    const subscriber = new Redis(url, { ...common, maxRetriesPerRequest: null, autoResubscribe: false })
      .on('error', onAway)
      .on('message', (_channel: string, message: string) => onMessage(message))
      // Again after each time that the connection was lost.
      .on('ready', () => void subscriber.subscribe(channel).then(onListening, onAway));
    return {
      async publish(message) {
        await publisher.publish(channel, message);
      },
      listen: () => void subscriber.connect().catch(onAway),
      close() {
        publisher.disconnect();
        subscriber.disconnect();
        return Promise.resolve();
      },
    };
  };
