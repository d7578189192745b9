import type { StreamSettings } from './stream-settings';
import { requestedEvents } from './stream-configuration';

/** Settings as they may be recorded: of the `authorization_header` only whether there is one (I7). */
export const recordedSettings = (settings: StreamSettings) => ({
  method: settings.method,
  endpointUrl: settings.endpointUrl,
  authorizationHeader: settings.authorizationHeader !== null,
  eventsRequested: requestedEvents(settings),
  description: settings.description,
});
