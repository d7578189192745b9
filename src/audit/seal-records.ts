import type { Logger } from 'pino';
import type { Database } from '../database/database';
import { orNull, toText, toUuid } from '../database/decode';
import type { Keyring } from '../database/keyring';
import { commaSeparated, inSequence, sql, type Statement } from '../database/sql';
import { Uuid } from '../database/uuid';
import { type Polling, startPolling } from '../database/polling';
import { ChainTampered, createHeadWatch, type HeadWatch } from './head-watch';
import { type ChainPlace, chainHashOf } from './record-form';

/** Records a transaction. */
const SEAL_BATCH = 500;

const INTERVAL_MS = 500;

/**
 * A loop of the worker: a record is chained within a second of its commit. It stops chaining where the chain does not
 * go on from what this worker has seen, and says so as an error in every round.
 */
export function startSealer(database: Database, keyring: Keyring, log: Logger): Polling {
  const watch = createHeadWatch(keyring, log);
  return startPolling({
    intervalMs: INTERVAL_MS,
    round: async () => ((await sealRecords(database, keyring, watch)) === SEAL_BATCH ? 0 : INTERVAL_MS),
    log,
    onFailure: 'audit records could not be chained',
    isAlarming: (error) => error instanceof ChainTampered,
  });
}

interface Link extends ChainPlace {
  id: string;
}

/**
 * Chains what was committed since, one batch; answers how many records. Whoever changes something never waits for
 * it: it alone holds the head. Where several workers run, one seals and the others find the head taken.
 *
 * Ids and times are taken before the commit, so a long transaction brings an older record later: what is not
 * chained yet is found by its mark, and its place in the chain is the order in which it was found.
 *
 * @param watch what the worker has seen; where absent, nothing
 * @throws `ChainTampered`
 */
export async function sealRecords(
  database: Database,
  keyring: Keyring,
  watch: HeadWatch = createHeadWatch(keyring),
): Promise<number> {
  const { sealed, head } = await database.transaction(async (tx) => {
    const [locked, unchained, ...watched] = await tx.read(lockHead, selectUnchained, ...watch.reads());
    const head = watch.check(watched);
    if (locked.length === 0 || unchained.length === 0) return { sealed: 0, head };
    let { position, chainHash } = head;
    const links = unchained.map((row): Link => {
      chainHash = chainHashOf(keyring, chainHash, ++position, orNull(toText, row.seal));
      return { id: toUuid(row.id), position, chainHash };
    });
    tx.write(chain(links));
    tx.write(sql`UPDATE audit_head SET position = ${position}, chain_hash = ${chainHash}`);
    return { sealed: links.length, head: { position, chainHash } };
  });
  watch.note(head);
  return sealed;
}

/** Another sealer may hold it. What it says is read by the watch, without a lock. */
const lockHead = sql`SELECT name FROM audit_head FOR UPDATE SKIP LOCKED`;

/** Not locked: nobody but the sealer changes a record, and MySQL would wait here for those still being inserted. */
const selectUnchained = sql`SELECT id, seal FROM audit_records WHERE unchained = TRUE ORDER BY id LIMIT ${SEAL_BATCH}`;

function chain(links: readonly Link[]): Statement {
  const each = (value: (link: Link) => number | string) =>
    inSequence(links.map((link) => sql`WHEN ${new Uuid(link.id)} THEN ${value(link)}`));
  return sql`UPDATE audit_records SET unchained = NULL,
    position = CASE id ${each(({ position }) => position)} END,
    chain_hash = CASE id ${each(({ chainHash }) => chainHash)} END
    WHERE id IN (${commaSeparated(links.map(({ id }) => new Uuid(id)))})`;
}
