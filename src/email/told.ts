import type { AccountEventData, EndpointEventData, SuspensionEventData } from '../events/catalogue';
import type { ClaimedDelivery } from '../events/channel';
import { type EmailKind, kindOf } from './email-kind';

/** What of an event its e-mail tells; everything else, the internal reason above all, never reaches a template (I7). */
export interface Told {
  kind: EmailKind;
  /** When it happened: the Date header says when the e-mail was sent, which may be days later. */
  occurredAt: Date;
  /** When a suspension ends by itself. */
  until: Date | null;
  /** The reason in the words that were meant for the user. */
  reason: string | null;
  /** Whether names and address were taken away besides. */
  anonymised: boolean;
  /** The webhook endpoint that was disabled, as its owner calls it. */
  endpoint: string | null;
  /** Whether the endpoint said so itself. */
  gone: boolean;
  failingSince: Date | null;
}

type Data = Partial<
  Pick<SuspensionEventData, 'reasonForUser' | 'blockedUntil'> &
    Pick<AccountEventData, 'anonymised'> &
    Omit<EndpointEventData, 'cause'> & { cause: SuspensionEventData['cause'] | EndpointEventData['cause'] }
>;

export function toldOf({ type, payload, occurredAt }: ClaimedDelivery['event']): Told {
  const { timestamp, data = {} } = JSON.parse(payload) as { timestamp?: string; data?: Data };
  return {
    kind: kindOf(type, data),
    occurredAt: toDate(timestamp) ?? occurredAt,
    until: toDate(data.blockedUntil),
    reason: data.reasonForUser ?? null,
    anonymised: data.anonymised === true,
    endpoint: data.description ?? data.endpointId ?? null,
    gone: data.cause === 'gone',
    failingSince: toDate(data.failingSince),
  };
}

const toDate = (time: string | null | undefined): Date | null => (time ? new Date(time) : null);
