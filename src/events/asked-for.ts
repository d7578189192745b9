import type { ChannelName } from './channel';

/** How a call asks for somebody to be told; Guardhouse's names. */
export interface ChannelFlags {
  triggerWebhook?: boolean;
  notifyUserViaEmail?: boolean;
}

/** The channels that a call's flags ask for: nobody else is told (I4). */
export const channelsOf = ({ triggerWebhook, notifyUserViaEmail }: ChannelFlags): ReadonlySet<ChannelName> =>
  new Set<ChannelName>([
    ...(triggerWebhook === true ? (['webhook'] as const) : []),
    ...(notifyUserViaEmail === true ? (['email'] as const) : []),
  ]);
