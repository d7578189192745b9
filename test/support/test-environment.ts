import type { EngineName } from '../../src/database/sql';

export interface TestEnvironment {
  engine: EngineName;
  /** With `{database}` where the name goes. */
  databaseUrl: string;
  redisUrl: string | undefined;
  /** The migrated database that others are copied from. */
  template: string;
  /** The suite's own, for what its test files share. */
  directory: string;
  /** Whether the counts are those that the invariants are promised for, not the short ones. */
  soak: boolean;
}

/** What `run-suite.ts` hands to each test file. */
export function testEnvironment(): TestEnvironment {
  const { TEST_ENGINE, TEST_DATABASE_URL, TEST_REDIS_URL, TEST_TEMPLATE, TEST_DIRECTORY, TEST_SOAK } =
    process.env;
  if (!TEST_ENGINE || !TEST_DATABASE_URL || !TEST_TEMPLATE || !TEST_DIRECTORY) {
    throw new Error(
      'Run the tests with `npm test` or `npm run test:mysql`: they start or find the database first.',
    );
  }
  return {
    engine: TEST_ENGINE === 'mysql' ? 'mysql' : 'postgres',
    databaseUrl: TEST_DATABASE_URL,
    redisUrl: TEST_REDIS_URL,
    template: TEST_TEMPLATE,
    directory: TEST_DIRECTORY,
    soak: TEST_SOAK === 'true',
  };
}

/** How often a race is run: a few times in the suite, as often as promised in the soak. */
export const rounds = (inSuite: number, inSoak: number): number =>
  testEnvironment().soak ? inSoak : inSuite;
