// These ship ES modules only, which jest cannot require: swc transforms them too. The last ones are string-width's own.
const esmOnly = [
  'jose',
  'oidc-provider',
  'uuid',
  'postal-mime',
  'string-width',
  'strip-ansi',
  'ansi-regex',
  'get-east-asian-width',
];
const transform = { '^.+\\.m?[jt]s$': ['@swc/jest', swcOptions()] };

function swcOptions() {
  return {
    jsc: {
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      target: 'es2022',
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
  };
}

module.exports = {
  rootDir: __dirname,
  testEnvironment: '<rootDir>/test/support/runner/one-realm.mjs',
  runtime: '<rootDir>/test/support/runner/shared-libraries.mjs',
  testMatch: ['<rootDir>/test/**/*.test.ts'],
  transform,
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly.join('|')})/)`],
  moduleNameMapper: { '^yaml$': '<rootDir>/test/support/cached-yaml.ts' },
  testTimeout: 30_000,
  maxWorkers: 2,
  // Each file leaves some of its modules behind, and a heap of gigabytes is collected more than it is used.
  workerIdleMemoryLimit: '600MB',
};
