/** @param receivers the clients that may have a stream (`SSF_RECEIVERS`); `*` is all */
export const isReceiver = (receivers: readonly string[], clientId: string): boolean =>
  receivers.includes('*') || receivers.includes(clientId);
