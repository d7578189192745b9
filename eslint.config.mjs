import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      'dist/',
      '.local/',
      'coverage/',
      'src/http/contract.generated.ts',
      'src/dialects/*/contract.generated.ts',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    files: ['**/*.ts'],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
    },
  },
  {
    // src/config.ts is the only reader of the environment; the entries hand it over.
    files: ['src/**/*.ts', 'workers/**/*.ts'],
    ignores: [
      'src/config.ts',
      'src/api.ts',
      'src/audit/verify.ts',
      'src/database/migrate.ts',
      'workers/main.ts',
    ],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Read configuration through src/config.ts.' },
      ],
    },
  },
  {
    files: ['**/*.mjs', '**/*.cjs', '**/*.js'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        ['__dirname', 'AbortSignal', 'fetch', 'globalThis', 'setTimeout', 'module', 'process', 'require'].map(
          (name) => [name, 'readonly'],
        ),
      ),
    },
  },
  {
    files: [
      'local/**/*.ts',
      'bench/**/*.ts',
      'examples/**/*.ts',
      'test/**/*.ts',
      'src/database/migrate.ts',
      'src/audit/verify.ts',
      'src/api.ts',
      'workers/main.ts',
    ],
    rules: { 'no-console': 'off' },
  },
);
