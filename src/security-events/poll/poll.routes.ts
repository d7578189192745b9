import type { Handlers } from '../../http/handlers';
import { isReceiver } from '../is-receiver';
import { notAReceiver } from '../security-events.errors';
import type { SecurityEventPolls } from './poll-security-events';

/** Tokens of one answer, whatever is asked for: each is signed for it. */
const MOST_EVENTS = 200;

/** @param receivers the clients that may have a stream; `*` is all */
export const createPollRoutes = (
  polls: SecurityEventPolls,
  receivers: readonly string[],
): Pick<Handlers, 'pollSecurityEvents'> => ({
  async pollSecurityEvents({ path: { streamId }, body, caller: { clientId }, gone }) {
    if (!isReceiver(receivers, clientId)) throw notAReceiver();
    const {
      maxEvents = MOST_EVENTS,
      returnImmediately = false,
      ack: taken = [],
      setErrs: refused = {},
    } = body;
    const poll = {
      // RFC 9562, section 4: capitals are read, small letters are written; deliveries name their target as text.
      streamId: streamId.toLowerCase(),
      clientId,
      maxEvents: Math.min(maxEvents, MOST_EVENTS),
      returnImmediately,
      taken,
      refused,
    };
    const answered = await polls.poll(poll, gone());
    return { status: 200, body: answered, headers: { 'Cache-Control': 'no-store' } };
  },
});
