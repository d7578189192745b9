import type { Database } from '../database/database';
import { isUuid } from '../database/uuid';
import { requireScope, seesReasons } from '../http/caller';
import { contentTag } from '../http/etag';
import type { Handlers } from '../http/handlers';
import { DEFAULT_LIMIT, decodeCursor, toPage } from '../http/pagination';
import { parseOptionalTime } from '../http/timestamps';
import { userExists } from '../users/find-users';
import { userNotFound } from '../users/users.errors';
import { showInHistory } from './show-suspension';
import { suspensionNotFound } from './suspension.errors';
import { findSuspension, pageSuspensions, type SuspensionView } from './suspension-views';

/** Where the following page begins. */
const positionOf = ({ blockedAt, id }: SuspensionView): [Date, string] => [blockedAt, id];

export function createSuspensionHistoryRoutes(
  database: Database,
): Pick<Handlers, 'listUserSuspensions' | 'listSuspensions' | 'getSuspension'> {
  return {
    async listUserSuspensions({ path, query, caller }) {
      const { limit = DEFAULT_LIMIT, cursor } = query;
      const position = decodeCursor(cursor, isUuid);
      const rows = await pageSuspensions(database, { userId: path.userId }, limit + 1, position);
      if (rows.length === 0 && !(await userExists(database, path.userId))) throw userNotFound();
      const show = (row: SuspensionView) => showInHistory(row, seesReasons(caller));
      return { status: 200, body: toPage(rows, limit, show, positionOf) };
    },

    async listSuspensions({ query, caller }) {
      const { limit = DEFAULT_LIMIT, cursor, open, category } = query;
      // Whoever may not see a category must not find it out by asking for it (I7).
      if (category !== undefined && !seesReasons(caller)) requireScope(caller, 'audit:read');
      const from = parseOptionalTime(query.from, '/query/from');
      const to = parseOptionalTime(query.to, '/query/to');
      const position = decodeCursor(cursor, isUuid);
      const rows = await pageSuspensions(database, { open, category, from, to }, limit + 1, position);
      const show = (row: SuspensionView) => showInHistory(row, seesReasons(caller));
      return { status: 200, body: toPage(rows, limit, show, positionOf) };
    },

    async getSuspension({ path, caller }) {
      const suspension = await findSuspension(database, path.suspensionId);
      if (!suspension) throw suspensionNotFound();
      const body = showInHistory(suspension, seesReasons(caller));
      return { status: 200, body, headers: { ETag: contentTag(body) } };
    },
  };
}
