import { newUuid } from '../database/uuid';
import { type OpenBus, type Topic, TOPICS, type Wakeups } from './wakeups';

/** Whoever waits reads again so often, whatever was announced: a hint may be lost. */
const REREAD_MS = 1_000;

/** @param onAway told of each connection that is lost, and of each message that did not go out */
export function createWakeups(openBus: OpenBus, onAway: (error: Error) => void): Wakeups {
  const origin = newUuid();
  const waiting = new Map<Topic, Set<() => void>>(TOPICS.map((topic) => [topic, new Set()]));
  const untold = new Set<Topic>();
  let telling = false;
  let listening = false;
  let closed = false;

  const wake = (topic: Topic): void => [...(waiting.get(topic) ?? [])].forEach((end) => end());
  const wakeAll = (): void => TOPICS.forEach(wake);

  const bus = openBus({
    onMessage(message) {
      const [from, ...topics] = message.split(' ');
      // Who announced has been woken already.
      if (from !== origin) TOPICS.filter((topic) => topics.includes(topic)).forEach(wake);
    },
    onListening: wakeAll,
    onAway,
  });

  /** Whatever is announced while a message is on its way goes into the next one. */
  const tell = async (): Promise<void> => {
    telling = true;
    // What is announced at this very moment goes into the first, too.
    await Promise.resolve();
    while (untold.size > 0) {
      const message = [origin, ...untold].join(' ');
      untold.clear();
      await bus.publish(message).catch(onAway);
    }
    telling = false;
  };

  return {
    announce(topic) {
      if (closed) return;
      wake(topic);
      untold.add(topic);
      if (!telling) void tell();
    },

    wait(topic, ms, signal) {
      if (closed || signal?.aborted) return Promise.resolve();
      if (!listening) bus.listen();
      listening = true;
      return new Promise((resolve) => {
        const end = (): void => {
          clearTimeout(timer);
          signal?.removeEventListener('abort', end);
          waiting.get(topic)?.delete(end);
          resolve();
        };
        const timer = setTimeout(end, Math.min(ms, REREAD_MS));
        signal?.addEventListener('abort', end);
        waiting.get(topic)?.add(end);
      });
    },

    async close() {
      if (closed) return;
      closed = true;
      wakeAll();
      await bus.close();
    },
  };
}
