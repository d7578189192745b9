import type { Logger } from 'pino';
import { toInteger, toText } from '../database/decode';
import type { Row } from '../database/engines/engine';
import type { Keyring } from '../database/keyring';
import { sql, type Statement } from '../database/sql';
import { toCut } from './chain-cut';
import { type ChainPlace, GENESIS } from './record-form';

const LOG_INTERVAL_MS = 60_000;

/** The head of the chain is gone, or is not where it was: somebody has written to the tables, past the service. */
export class ChainTampered extends Error {
  override name = 'ChainTampered';
}

/**
 * What a worker remembers of the chain, outside of the database: whoever writes to the tables could set the head back,
 * and have the sealer chain the rest anew without the records that should disappear.
 */
export interface HeadWatch {
  /** Reads, without a lock, what `check` needs; an answer for each in this order. */
  reads(): [Statement, Statement, Statement];
  /**
   * @returns the head, which goes on from the one that was seen last
   * @throws `ChainTampered`
   */
  check(rows: [Row[], Row[], Row[]]): ChainPlace;
  /** Remembers a committed head. What has grown is logged, at most once a minute: logs are a witness elsewhere. */
  note(head: ChainPlace): void;
}

/**
 * @param log where absent, nobody is told
 * @param now milliseconds of a clock that never goes back
 */
export function createHeadWatch(keyring: Keyring, log?: Logger, now = () => performance.now()): HeadWatch {
  let seen: ChainPlace = { position: 0, chainHash: GENESIS };
  let logged = { position: 0, at: Number.NEGATIVE_INFINITY };

  return {
    // In this order: a record that retention removes meanwhile is behind the cut that is read after it.
    reads: () => [
      sql`SELECT position, chain_hash FROM audit_head`,
      sql`SELECT chain_hash FROM audit_records WHERE position = ${seen.position}`,
      sql`SELECT position, chain_hash, seal FROM audit_cut`,
    ],

    check([[headRow], recordRows, [cutRow]]) {
      if (!headRow) throw new ChainTampered('the head of the audit trail is gone');
      const head = { position: toInteger(headRow.position), chainHash: toText(headRow.chain_hash) };
      const stands = recordRows.length > 0 && recordRows.every((row) => row.chain_hash === seen.chainHash);
      const isCutOff = recordRows.length === 0 && toCut(keyring, cutRow).position >= seen.position;
      const goesOn =
        head.position > seen.position ||
        (head.position === seen.position && head.chainHash === seen.chainHash);
      if (goesOn && (stands || isCutOff)) return head;
      throw new ChainTampered(
        `the audit trail does not go on from position ${seen.position}, which this worker has seen: its head says ` +
          `${head.position}. If a backup was restored, restart the workers`,
      );
    },

    note(head) {
      if (head.position > seen.position) seen = head;
      if (seen.position === logged.position || now() - logged.at < LOG_INTERVAL_MS) return;
      logged = { position: seen.position, at: now() };
      log?.info(seen, 'the audit trail has grown');
    },
  };
}
