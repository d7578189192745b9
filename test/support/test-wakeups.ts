import pino from 'pino';
import { newUuid } from '../../src/database/uuid';
import { openWakeups } from '../../src/wakeups/open-wakeups';
import type { Wakeups } from '../../src/wakeups/wakeups';
import { testEnvironment } from './test-environment';

const log = pino({ level: 'silent' });

/** Wake-ups that nobody else hears. */
export const openTestWakeups = (databaseUrl: string): Wakeups =>
  openWakeups({ databaseUrl, redisUrl: testEnvironment().redisUrl, prefix: `test-${newUuid()}` }, log);
