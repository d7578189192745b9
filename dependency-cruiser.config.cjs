/**
 * Who may import whom. A layer may know those below it and never one above:
 * ground <- audit <- events <- users <- access <- suspension <- accounts; webhooks, email, security-events and logout are
 * channels of events, and send through outbound; block-lists stands on users; the dialects speak what all of these do.
 * A new folder below src/ has to be given a place here before anything may import it.
 */
const ground = '^src/(config(-values)?\\.ts|errors\\.ts|http/|database/|queues/|wakeups/)';
const composition = [
  '^src/services/',
  '^src/(registrations|app|api|process)\\.ts$',
  '^src/database/migrate\\.ts$',
  '^workers/main\\.ts$',
];

/** What each folder may import besides itself and the ground. */
const layers = {
  audit: [],
  events: ['audit'],
  users: ['audit', 'events'],
  access: ['audit', 'events', 'users'],
  suspension: ['audit', 'events', 'users', 'access'],
  accounts: ['audit', 'events', 'users', 'access', 'suspension'],
  outbound: ['audit', 'events'],
  webhooks: ['audit', 'events', 'outbound'],
  'signing-keys': ['audit'],
  'security-events': ['audit', 'events', 'users', 'signing-keys', 'outbound'],
  logout: ['audit', 'events', 'users', 'access', 'signing-keys', 'outbound'],
  email: ['audit', 'events', 'users'],
  'block-lists': ['audit', 'events', 'users'],
  dialects: ['audit', 'events', 'users', 'access', 'suspension', 'accounts', 'block-lists'],
};

const folder = (name) => `^src/${name}/`;

const layerRules = Object.entries(layers).map(([name, below]) => ({
  name: `layer-${name}`,
  comment: `src/${name} may import the ground${below.map((other) => `, ${other}`).join('')} and itself. Move what is shared down, or hand it in as an argument from src/services/.`,
  severity: 'error',
  from: { path: folder(name) },
  to: { path: '^(src|workers|migrations)/', pathNot: [ground, ...[name, ...below].map(folder)] },
}));

module.exports = {
  forbidden: [
    ...layerRules,
    {
      name: 'layer-ground',
      comment: 'The ground knows no feature. Hand it a function from src/services/ instead.',
      severity: 'error',
      from: { path: ground, pathNot: composition },
      // The runner of the migrations is the one place that needs the chain of them.
      to: { path: '^(src|workers|migrations)/', pathNot: [ground, '^migrations/index\\.ts$'] },
    },
    {
      name: 'layer-unknown-folder',
      comment: 'A folder of src/ without a place in dependency-cruiser.config.cjs. Give it one.',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: [ground, ...composition, ...Object.keys(layers).map(folder)] },
    },
    {
      name: 'migrations-run-by-one',
      comment: 'Only src/database/run-migrations.ts runs the migrations.',
      severity: 'error',
      from: { path: '^(src|workers)/', pathNot: '^src/database/run-migrations\\.ts$' },
      to: { path: '^migrations/' },
    },
    {
      name: 'migrations-stand-alone',
      comment:
        'A migration is never changed after it ran, so it must not follow code that changes: only src/database.',
      severity: 'error',
      from: { path: '^migrations/' },
      to: { path: '^(src|workers|local|test|bench)/', pathNot: '^src/database/' },
    },
    {
      name: 'worker-files',
      comment: 'A <queue>.worker.ts knows a queue, the use case that it calls, and nothing else.',
      severity: 'error',
      from: { path: '^workers/', pathNot: composition },
      to: { path: '^(src|workers)/', pathNot: [ground, folder('events'), '^workers/'] },
    },
    {
      name: 'cli-is-a-client',
      comment: 'The command line knows the service by its contract alone: types of it, and nothing else.',
      severity: 'error',
      from: { path: '^cli/' },
      to: {
        path: '^(src|workers|migrations)/',
        pathNot: '^src/(http|dialects/[^/]+)/contract\\.generated\\.ts$',
      },
    },
    {
      name: 'cli-stands-alone',
      comment: 'Nobody needs the command line but those who call it.',
      severity: 'error',
      from: { path: '^(src|workers|migrations|local)/' },
      to: { path: '^cli/' },
    },
    {
      name: 'guard-stands-alone',
      comment: 'Resource servers mount the guard: it brings jose along, and nothing of ours.',
      severity: 'error',
      from: { path: '^guard/' },
      to: { pathNot: ['^guard/', '^node_modules/jose/'], dependencyTypesNot: ['core'] },
    },
    {
      name: 'guard-is-for-others',
      comment: 'We judge tokens by the database; the guard is for those who have none.',
      severity: 'error',
      from: { path: '^(src|workers|migrations|cli|local)/' },
      to: { path: '^guard/' },
    },
    {
      name: 'entries-are-not-imported',
      comment: 'An entry starts a process when it is loaded.',
      severity: 'error',
      from: {},
      to: {
        path: [
          '^src/api\\.ts$',
          '^src/database/migrate\\.ts$',
          '^src/audit/verify\\.ts$',
          '^workers/main\\.ts$',
          '^bench/main\\.ts$',
          '^cli/main\\.ts$',
        ],
      },
    },
    {
      name: 'production-stands-alone',
      comment: 'What is shipped knows nothing of a developer’s machine, of tests and of benchmarks.',
      severity: 'error',
      from: { path: '^(src|workers|migrations|guard|cli)/' },
      to: { path: '^(local|test|bench|examples)/' },
    },
    {
      name: 'local-without-tests',
      comment: 'local/ is run by people who never run the tests.',
      severity: 'error',
      from: { path: '^local/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'examples-stand-alone',
      comment: 'An example is copied to where nothing of ours is.',
      severity: 'error',
      from: { path: '^examples/' },
      to: { path: '^(src|workers|migrations|local|test|bench)/' },
    },
    {
      name: 'no-dev-dependency-in-production',
      comment: 'The image holds no development dependencies. Types alone may come from them.',
      severity: 'error',
      from: { path: '^(src|workers|migrations|guard|cli)/' },
      to: {
        dependencyTypes: ['npm-dev'],
        dependencyTypesNot: ['type-only'],
        pathNot: '^node_modules/@types/',
      },
    },
    {
      name: 'no-undeclared-dependency',
      comment: 'Declare it in package.json: what another package brings along may leave with it.',
      severity: 'error',
      from: {},
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'npm-optional', 'npm-peer'] },
    },
    {
      name: 'no-unresolvable',
      comment: 'The import leads nowhere.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'no-circle',
      comment: 'Two modules that need each other are one module, or need a third below them.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-orphan',
      comment: 'Nothing imports it and it imports nothing: dead code.',
      severity: 'error',
      // Loaded by path, in front of a child process.
      from: { orphan: true, pathNot: '^local/end-with-parent\\.mjs$' },
      to: {},
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    // Imports of types alone count: a type binds its reader as well.
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    combinedDependencies: false,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'types', 'default'],
    },
  },
};
