import { engineOf } from '../src/database/data-source';
import { runMigrations } from '../src/database/run-migrations';
import { migrateQueues } from '../src/queues/migrate-queues';
import { type BenchDatabase, openBenchDatabase } from './bench-database';
import { say } from './progress';
import { audit } from './scenarios/audit';
import { block } from './scenarios/block';
import { blockListCheck } from './scenarios/block-list-check';
import { bulk } from './scenarios/bulk';
import { deliveries } from './scenarios/deliveries';
import { expiry } from './scenarios/expiry';
import { guard } from './scenarios/guard';
import { introspection } from './scenarios/introspection';
import { revocation } from './scenarios/revocation';

/** What can be measured: `npm run bench -- <name>`, without a name the first. */
const scenarios: Record<string, (place: BenchDatabase) => Promise<void>> = {
  block,
  bulk,
  expiry,
  audit,
  deliveries,
  guard,
  introspection,
  revocation,
  'block-list-check': blockListCheck,
};

/** Runs one scenario on the engine that DATABASE_URL and REDIS_URL name, else on the embedded PostgreSQL. */
async function main([name = 'block']: readonly string[]): Promise<void> {
  const scenario = scenarios[name];
  if (!scenario)
    throw new Error(`there is no scenario "${name}"; there are ${Object.keys(scenarios).join(', ')}`);
  const place = await openBenchDatabase(process.env);
  try {
    await runMigrations(place.url);
    await migrateQueues({ DATABASE_URL: place.url, REDIS_URL: place.redisUrl });
    const jobs = place.redisUrl === undefined ? 'PostgreSQL' : 'Redis';
    say(`engine: ${engineOf(place.url).name}, jobs: ${jobs}, Node ${process.version}`);
    await scenario(place);
  } finally {
    await place.drop();
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
