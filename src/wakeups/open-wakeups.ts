import type { Logger } from 'pino';
import { logSparsely } from '../queues/log-sparsely';
import { createWakeups } from './create-wakeups';
import { postgresBus } from './postgres-bus';
import { redisBus } from './redis-bus';
import type { Wakeups } from './wakeups';

export interface WakeupsOptions {
  databaseUrl: string;
  /** Redis or Valkey; where absent PostgreSQL passes the wake-ups on. */
  redisUrl?: string;
  prefix: string;
}

export const openWakeups = ({ databaseUrl, redisUrl, prefix }: WakeupsOptions, log: Logger): Wakeups =>
  createWakeups(
    redisUrl === undefined ? postgresBus(databaseUrl) : redisBus(redisUrl, prefix),
    logSparsely(log, 'wake-ups do not reach the other processes; whoever waits reads each second'),
  );
