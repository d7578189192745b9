import type { AddressInfo } from 'node:net';
import express from 'express';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { Pool } from 'pg';

const { DATABASE_URL = '', DATABASE_POOL_SIZE } = process.env;
const size = Number(DATABASE_POOL_SIZE);

interface CheckedPair {
  userId: number;
  otherUserId: number;
}
interface Entry {
  owner_id: number | string;
  blocked_id: number | string;
}

/** Both directions of each pair. */
const directionsOf = (pairs: readonly CheckedPair[]): string =>
  JSON.stringify(
    pairs.flatMap(({ userId, otherUserId }) => [
      [userId, otherUserId],
      [otherUserId, userId],
    ]),
  );

const ON_MYSQL = `SELECT e.owner_id, e.blocked_id
  FROM JSON_TABLE(?, '$[*]' COLUMNS (a BIGINT PATH '$[0]', b BIGINT PATH '$[1]')) p
  STRAIGHT_JOIN block_list_entries e ON e.owner_id = p.a AND e.blocked_id = p.b`;
const ON_POSTGRES = `SELECT e.owner_id, e.blocked_id
  FROM (SELECT (pair->>0)::bigint AS a, (pair->>1)::bigint AS b FROM json_array_elements($1::json) pair) p
  JOIN block_list_entries e ON e.owner_id = p.a AND e.blocked_id = p.b`;

type FindEntries = (pairs: readonly CheckedPair[]) => Promise<Entry[]>;

function onMysql(): FindEntries {
  const pool = createPool({ uri: DATABASE_URL, connectionLimit: size });
  return async (pairs) => {
    const [rows] = await pool.execute<(RowDataPacket & Entry)[]>(ON_MYSQL, [directionsOf(pairs)]);
    return rows;
  };
}

function onPostgres(): FindEntries {
  const pool = new Pool({ connectionString: DATABASE_URL, max: size });
  return async (pairs) =>
    (await pool.query<Entry>({ name: 'check', text: ON_POSTGRES, values: [directionsOf(pairs)] })).rows;
}

const findEntries = DATABASE_URL.startsWith('mysql') ? onMysql() : onPostgres();

/** The least that the check takes over HTTP: no token, no contract, no log, no look at who is deactivated, prepared statements. */
const app = express().disable('x-powered-by').disable('etag');
app.post('/api/v1/block-lists/check', express.json({ limit: '200kb' }), async (request, response) => {
  const { pairs } = request.body as { pairs: CheckedPair[] };
  const found = new Set((await findEntries(pairs)).map((row) => `${row.owner_id}:${row.blocked_id}`));
  const items = pairs.map(({ userId, otherUserId }) => ({
    userId,
    otherUserId,
    blocked: found.has(`${userId}:${otherUserId}`),
    blockedBy: found.has(`${otherUserId}:${userId}`),
  }));
  response.json({ items });
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }));
});
process.once('SIGTERM', () => process.exit(0));
