import type { Database } from '../database/database';
import { isUuid } from '../database/uuid';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import type { CreateLogoutClient } from './create-logout-client';
import type { DeleteLogoutClient } from './delete-logout-client';
import { findLogoutClient, pageLogoutClients } from './find-logout-clients';
import type { LogoutClient } from './logout-client.entity';
import { logoutClientNotFound } from './logout.errors';
import { logoutClientTag, showLogoutClient } from './show-logout-client';
import type { UpdateLogoutClient } from './update-logout-client';

type LogoutOperations =
  | 'createLogoutClient'
  | 'listLogoutClients'
  | 'getLogoutClient'
  | 'updateLogoutClient'
  | 'deleteLogoutClient';

/** The use cases behind the operations. */
export interface LogoutUseCases {
  createLogoutClient: CreateLogoutClient;
  updateLogoutClient: UpdateLogoutClient;
  deleteLogoutClient: DeleteLogoutClient;
}

/** RFC 9562, section 4: capitals are read, small letters are written; deliveries name their target as text. */
const uuidOf = (path: { logoutClientId: string }): string => path.logoutClientId.toLowerCase();

export function createLogoutRoutes(
  database: Database,
  { createLogoutClient, updateLogoutClient, deleteLogoutClient }: LogoutUseCases,
): Pick<Handlers, LogoutOperations> {
  const showOne = (client: LogoutClient) => ({
    status: 200 as const,
    body: showLogoutClient(client),
    headers: { ETag: logoutClientTag(client) },
  });

  return {
    createLogoutClient: ({ body, caller, kept }) =>
      kept(
        (client: LogoutClient) => ({
          status: 201,
          body: showLogoutClient(client),
          headers: { Location: `/api/v1/logout-clients/${client.id}`, ETag: logoutClientTag(client) },
        }),
        (keep) => createLogoutClient(body, caller, keep),
      ),

    async listLogoutClients({ query }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const rows = await pageLogoutClients(database, limit + 1, decodeCursor(cursor, isUuid));
      return {
        status: 200,
        body: toPage(rows, limit, showLogoutClient, ({ createdAt, id }) => [createdAt, id]),
      };
    },

    async getLogoutClient({ path }) {
      const client = await findLogoutClient(database, uuidOf(path));
      if (!client) throw logoutClientNotFound();
      return showOne(client);
    },

    updateLogoutClient: ({ path, body, ifMatch, caller, kept }) =>
      kept(showOne, (keep) =>
        updateLogoutClient({ clientUuid: uuidOf(path), patch: body, actor: caller, ifMatch }, keep),
      ),

    deleteLogoutClient: ({ path, caller, kept }) =>
      kept(
        () => ({ status: 204 }),
        (keep) => deleteLogoutClient(uuidOf(path), caller, keep),
      ),
  };
}
