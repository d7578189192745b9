import { toUuid } from '../../database/decode';
import { commaSeparated, currentTime, sql } from '../../database/sql';
import { removeBatch, SWEEP_BATCH, type Sweep } from '../../database/sweeper';
import { Uuid } from '../../database/uuid';

/** Keys whose time is over. */
export const keySweep: Sweep = {
  kind: 'idempotency_keys',
  batch: (database) =>
    removeBatch(
      database,
      sql`SELECT id FROM idempotency_keys WHERE expires_at <= ${currentTime} ORDER BY expires_at
        LIMIT ${SWEEP_BATCH} FOR UPDATE SKIP LOCKED`,
      ({ id }) => toUuid(id),
      (ids) => [
        sql`DELETE FROM idempotency_keys WHERE id IN (${commaSeparated(ids.map((id) => new Uuid(id)))})`,
      ],
    ),
};
