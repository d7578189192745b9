import type { AddressInfo } from 'node:net';
import express from 'express';
import { createPool, type RowDataPacket } from 'mysql2/promise';
import { Pool } from 'pg';

const { DATABASE_URL = '', DATABASE_POOL_SIZE } = process.env;
const size = Number(DATABASE_POOL_SIZE);

type FindSession = (sid: string) => Promise<unknown>;

function onMysql(): FindSession {
  const pool = createPool({ uri: DATABASE_URL, connectionLimit: size });
  return async (sid) => {
    const [rows] = await pool.execute<RowDataPacket[]>('SELECT * FROM sessions WHERE sid = ?', [sid]);
    return rows[0];
  };
}

function onPostgres(): FindSession {
  const pool = new Pool({ connectionString: DATABASE_URL, max: size });
  const query = { name: 'session', text: 'SELECT * FROM sessions WHERE sid = $1' };
  return async (sid) => (await pool.query<Record<string, unknown>>({ ...query, values: [sid] })).rows[0];
}

const findSession = DATABASE_URL.startsWith('mysql') ? onMysql() : onPostgres();

/** The least that one lookup over HTTP takes: no token, no contract, no log, and a prepared statement by primary key. */
const app = express().disable('x-powered-by').disable('etag');
app.get('/sessions/:sid', async (request, response) => {
  response.json(await findSession(request.params.sid));
});
/** The same, sent the form that an introspection is. */
app.post('/connect/introspect', express.urlencoded({ extended: false }), async (request, response) => {
  const [, payload = ''] = (request.body as { token: string }).token.split('.');
  const { sid } = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { sid: string };
  response.json(await findSession(sid));
});
const server = app.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ msg: 'listening', port: (server.address() as AddressInfo).port }));
});
process.once('SIGTERM', () => process.exit(0));
