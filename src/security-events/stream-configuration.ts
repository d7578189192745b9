import type { components } from '../http/contract.generated';
import { SUPPORTED_EVENTS } from './security-event-types';
import type { SecurityEventStream } from './security-event-stream.entity';

export type StreamConfiguration = components['schemas']['SecurityEventStream'];

/** Seconds between two verifications that somebody asks for, at least (SSF 1.0, section 8.1.1). */
export const MIN_VERIFICATION_INTERVAL = 10;

const DAY_SECONDS = 86_400;

/** SSF 1.0, section 6.1. */
export const METHOD_URIS = { push: 'urn:ietf:rfc:8935', poll: 'urn:ietf:rfc:8936' } as const;

export interface ConfigurationOptions {
  publicUrl: string;
  /** Days after which a stream is paused that nobody polls; 0 is never. */
  pauseAfterDays: number;
}

export type ShowStream = (stream: SecurityEventStream) => StreamConfiguration;

/** What somebody asked for; null where it is everything. */
export const requestedEvents = ({
  eventsRequested,
}: Pick<SecurityEventStream, 'eventsRequested'>): string[] | null =>
  eventsRequested === null ? null : (JSON.parse(eventsRequested) as string[]);

/** A stream as its receiver sees it (SSF 1.0, section 8.1.1): the `authorization_header` is never shown (I7). */
export const createShowStream =
  ({ publicUrl, pauseAfterDays }: ConfigurationOptions): ShowStream =>
  (stream) => {
    const { id, clientId, method, endpointUrl, description } = stream;
    const requested = requestedEvents(stream);
    return {
      stream_id: id,
      iss: publicUrl,
      aud: clientId,
      delivery: {
        method: METHOD_URIS[method],
        endpoint_url: endpointUrl ?? `${publicUrl}/ssf/streams/${id}/poll`,
      },
      events_supported: [...SUPPORTED_EVENTS],
      ...(requested ? { events_requested: requested } : {}),
      events_delivered: SUPPORTED_EVENTS.filter((uri) => requested === null || requested.includes(uri)),
      min_verification_interval: MIN_VERIFICATION_INTERVAL,
      // Of a push stream we watch whether it takes what it is sent, and not whether somebody manages it.
      ...(method === 'poll' && pauseAfterDays > 0
        ? { inactivity_timeout: pauseAfterDays * DAY_SECONDS }
        : {}),
      ...(description === null ? {} : { description }),
    };
  };
