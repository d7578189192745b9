/** What is signed. */
export interface Signable {
  /** Stays over all attempts. */
  id: string;
  /** The attempt's own time: receivers refuse what is old. */
  sentAt: Date;
  /** The exact text that is sent. */
  body: string;
}

/** @returns the headers that carry the signature of each secret */
export type Sign = (message: Signable, secrets: readonly string[]) => Record<string, string>;

export const unixSeconds = (time: Date): number => Math.floor(time.getTime() / 1000);

/** Standard Webhooks, "Webhook headers": the signatures are separated by spaces, and one that fits is enough. */
export const standardHeaders = (
  { id, sentAt }: Signable,
  signatures: readonly string[],
): Record<string, string> => ({
  'webhook-id': id,
  'webhook-timestamp': String(unixSeconds(sentAt)),
  'webhook-signature': signatures.join(' '),
});
