/**
 * The lint rules: type-aware, and strict where a slip would cost a lost error or a test that cannot be replayed.
 * What concerns who may import whom stands in .dependency-cruiser.cjs.
 * @module
 */
import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const LINES_A_FUNCTION_MAX = 70;
const LINES_A_FILE_MAX = 400;

/** Time, chance and output have ports; these files are where the real ones are made or where job code runs. */
const PORTS = [
  'src/lib/clock.ts',
  'src/lib/crypto/random.ts',
  'src/entry/**',
  'src/cli/**',
  'src/worktimes/**',
  // It lets real callbacks run between two moments of virtual time.
  'src/testing/virtual-clock.ts',
  '**/*.test.ts',
];

/** @param {string} selector @param {string} message */
const banned = (selector, message) => ({ selector, message });

const TIMERS = ['setTimeout', 'setInterval', 'setImmediate'];
const PORT_SYNTAX = [
  banned(
    'CallExpression[callee.object.name="Date"][callee.property.name="now"]',
    'Take a Clock (src/lib/clock.ts): the simulator owns time.',
  ),
  banned(
    'NewExpression[callee.name="Date"][arguments.length=0]',
    'Take a Clock (src/lib/clock.ts): the simulator owns time.',
  ),
  banned(
    'CallExpression[callee.object.name="performance"][callee.property.name="now"]',
    'Take a Clock (src/lib/clock.ts): the simulator owns time.',
  ),
  banned(
    'CallExpression[callee.object.name="Math"][callee.property.name="random"]',
    'Take a Random (src/lib/crypto/random.ts): the simulator replays it from a seed.',
  ),
  banned(
    `CallExpression[callee.name=/^(${TIMERS.join('|')})$/], ` +
      `CallExpression[callee.object.name="globalThis"][callee.property.name=/^(${TIMERS.join('|')})$/]`,
    'Take a Clock (src/lib/clock.ts) and use clock.after().',
  ),
  banned(
    'MemberExpression[property.name=/^(getRandomValues|randomUUID|randomBytes)$/]',
    'Take a Random (src/lib/crypto/random.ts): the simulator replays it from a seed.',
  ),
];

const EVERYWHERE_SYNTAX = [
  banned('ExportAllDeclaration', 'Name what is exported: a list can be read, a star cannot.'),
  banned('TSEnumDeclaration', 'Use a const object and a union type.'),
];

const NO_DEFAULT_EXPORTS = {
  restrictDefaultExports: {
    direct: true,
    named: true,
    defaultFrom: true,
    namedFrom: true,
    namespaceFrom: true,
  },
};

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'node_modules/',
      'test-results/',
      'playwright-report/',
      '.mutation/',
      'bench/results/',
      'examples/data/',
      // Projects of their own: a test of the package compiles and runs them.
      'templates/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/consistent-type-exports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      // `interface JobStatus extends MapOf<typeof jobStatusFields> {}` gives a derived type the name that errors show.
      '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true, requireDefaultForNonUnion: false },
      ],
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrors: 'none', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true, allowNullish: true, allow: [{ name: 'URL', from: 'lib' }] },
      ],
      '@typescript-eslint/only-throw-error': ['error', { allowRethrowing: true, allowThrowingUnknown: true }],
      '@typescript-eslint/prefer-promise-reject-errors': ['error', { allowThrowingUnknown: true }],
      '@typescript-eslint/ban-ts-comment': [
        'error',
        {
          'ts-ignore': true,
          'ts-nocheck': true,
          'ts-expect-error': 'allow-with-description',
          minimumDescriptionLength: 5,
        },
      ],
      // A port's method returns a promise whether or not this implementation waits for something.
      '@typescript-eslint/require-await': 'off',
      // `apply` takes typed arrays as they are, a spread walks through them.
      'prefer-spread': 'off',
      eqeqeq: 'error',
      'no-console': 'error',
      // The worktimes read job code by an indirect eval, which sees globals alone.
      'no-eval': ['error', { allowIndirect: true }],
      'no-implied-eval': 'off',
      'no-var': 'error',
      'prefer-const': 'error',
      'no-promise-executor-return': 'off',
      'no-constant-condition': ['error', { checkLoops: 'allExceptWhileTrue' }],
      'no-restricted-exports': ['error', NO_DEFAULT_EXPORTS],
      'no-restricted-syntax': ['error', ...EVERYWHERE_SYNTAX],
    },
  },
  {
    files: ['src/**/*.ts', 'web-worker-demo/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.test-d.ts', 'src/testing/**'],
    rules: {
      'max-lines-per-function': [
        'error',
        { max: LINES_A_FUNCTION_MAX, skipBlankLines: true, skipComments: true },
      ],
      'max-lines': ['error', { max: LINES_A_FILE_MAX }],
    },
  },
  {
    files: [
      'src/{lib,protocol,transport,jobfs,wallet,client,deployer,worker,worktimes}/**/*.ts',
      'src/entry/*.browser.ts',
      'web-worker-demo/**/*.ts',
    ],
    ignores: ['**/*.test.ts', '**/*-node.ts', '**/node-*.ts', '**/*-files.ts', '**/thread*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'Buffer', message: 'Use Uint8Array: this file may run in a page.' },
      ],
    },
  },
  {
    files: ['src/**/*.ts'],
    ignores: PORTS,
    rules: { 'no-restricted-syntax': ['error', ...EVERYWHERE_SYNTAX, ...PORT_SYNTAX] },
  },
  {
    // The console is the output of these.
    files: [
      'src/cli/**',
      'src/entry/deployer.browser.ts',
      'src/element/manyhands-worker.ts',
      'scripts/**',
      'bench/**',
      'examples/**',
      'tests/**',
    ],
    rules: { 'no-console': 'off' },
  },
  {
    files: ['**/*.test.ts', '**/*.test-d.ts', 'tests/**', 'src/testing/**'],
    rules: {
      // Tests hand in what a stranger would send.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-base-to-string': 'off',
      '@typescript-eslint/no-implied-eval': 'off',
      'no-sparse-arrays': 'off',
    },
  },
  {
    // Tools ask for a default export, piscina for that of the file that its threads run.
    files: [
      '**/*.config.{js,ts}',
      'scripts/mutation/vitest.config.mjs',
      '.dependency-cruiser.cjs',
      'bench/square.mjs',
    ],
    rules: { 'no-restricted-exports': 'off' },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: {
      globals: Object.fromEntries(
        [
          'process',
          'console',
          'performance',
          'URL',
          'fetch',
          'AbortSignal',
          'AbortController',
          'Buffer',
          'structuredClone',
          'setTimeout',
          'clearTimeout',
          'setInterval',
          'clearInterval',
          'TextEncoder',
          'TextDecoder',
          'globalThis',
          'WebSocket',
          'Blob',
          'crypto',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    // What a work function sees.
    files: ['examples/*.mjs'],
    languageOptions: { globals: { work: 'readonly' } },
  },
  {
    files: ['bench/browser/*.js', 'bench/browser.mjs', 'examples/08-element/*.js'],
    languageOptions: {
      globals: {
        window: 'readonly',
        document: 'readonly',
        Worker: 'readonly',
        onmessage: 'writable',
        postMessage: 'readonly',
      },
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: { sourceType: 'commonjs', globals: { module: 'writable', require: 'readonly' } },
  },
);
