import type { AttemptOutcome, Sender } from '../events/channel';
import { unsent } from '../outbound/post';
import type { PushSecurityEvent } from './push-security-event';
import { type PushStream, selectPushStreams, toPushStream } from './push-stream';
import { recordStreamHealth } from './stream-health';

export interface SecurityEventSenderOptions {
  push: PushSecurityEvent;
  /** Of one attempt. */
  timeoutMs: number;
}

/** Pushes deliveries to their streams, those about one user in order (SSF 1.0, section 8.1.2.1). */
export const createSecurityEventSender = ({
  push,
  timeoutMs,
}: SecurityEventSenderOptions): Sender<PushStream> => ({
  keepsOrder: true,
  selectReceivers: selectPushStreams,
  readReceivers: (rows) => new Map(rows.map(toPushStream).map((stream) => [stream.id, stream])),
  paceOf: (stream) => ({ perSecond: null, notBefore: stream?.slowedUntil ?? null }),
  limitMsOf: () => timeoutMs,
  async send(delivery, stream) {
    if (!stream) return { ...unsent('receiver', 'the stream was deleted'), kind: 'gone' };
    const { method, endpointUrl, status } = stream;
    // It was changed meanwhile.
    if (method === 'poll') return held('the stream polls');
    // It is told that it has been paused or disabled, and nothing after that.
    const isLastWord = delivery.event.type === 'stream.updated';
    if (status === 'enabled' && isLastWord) return ended('the stream goes on');
    if (status === 'disabled' && !isLastWord) return ended('the stream is disabled');
    if (status === 'paused' && !isLastWord) return held('the stream is paused');
    if (endpointUrl === null) return ended('the stream has no endpoint');
    return (await push({ ...stream, endpointUrl }, delivery)) ?? ended('the event was erased');
  },
  record: recordStreamHealth,
});

const held = (why: string): AttemptOutcome => ({ ...unsent('receiver', why), kind: 'held' });
const ended = (why: string): AttemptOutcome => ({ ...unsent('receiver', why), kind: 'gone' });
