/**
 * One project a kind of test, so that each can be run by itself: `npx vitest run --project sim`.
 * `*.deep.test.ts` take minutes and run only with `DEEP=1` (`npm run test:deep`). `*.browser.test.ts` need a browser: they
 * are a project of their own, so that all others run where there is none.
 * @module
 */
import { defineConfig } from 'vitest/config';

const deep = process.env.DEEP === '1';
const SECOND_MS = 1_000;

interface Project {
  name: string;
  include: string[];
  testTimeoutMs?: number;
  /** Run once before its files. */
  globalSetup?: string;
  exclude?: string[];
  /** Whether its files share processes, and so modules: loading these takes half the time of small tests. */
  sharesModules?: true;
}

/** The sandbox's parts capture or replace globals when they are loaded, so each of their test files has a process of its own. */
const SANDBOX_PARTS = 'src/worktimes/**/*.test.ts';

const PROJECTS: Project[] = [
  {
    name: 'unit',
    include: ['src/**/*.test.ts', 'web-worker-demo/**/*.test.ts', 'bench/**/*.test.ts'],
    exclude: [SANDBOX_PARTS],
    sharesModules: true,
  },
  { name: 'unit-worktimes', include: [SANDBOX_PARTS] },
  {
    name: 'tidy',
    include: ['tests/tidy/**/*.test.ts', 'scripts/**/*.test.ts'],
    testTimeoutMs: 60 * SECOND_MS,
  },
  { name: 'contract', include: ['tests/contract/**/*.test.ts'], testTimeoutMs: 30 * SECOND_MS },
  { name: 'vectors', include: ['tests/vectors/**/*.test.ts'] },
  { name: 'hostile', include: ['tests/hostile/**/*.test.ts'], testTimeoutMs: 60 * SECOND_MS },
  { name: 'sim', include: ['tests/sim/**/*.test.ts'], testTimeoutMs: 60 * SECOND_MS },
  { name: 'examples', include: ['tests/examples/**/*.test.ts'], testTimeoutMs: 120 * SECOND_MS },
  {
    name: 'integration',
    include: ['tests/{integration,cli}/**/*.test.ts'],
    testTimeoutMs: 120 * SECOND_MS,
  },
  {
    name: 'browser',
    include: ['tests/{contract,hostile,integration}/**/*.browser{,.deep}.test.ts'],
    testTimeoutMs: 60 * SECOND_MS,
  },
  {
    name: 'package',
    include: ['tests/package/**/*.test.ts'],
    testTimeoutMs: 180 * SECOND_MS,
    globalSetup: 'tests/package/install.ts',
  },
];

const DEEP_TIMEOUT_MS = 40 * 60 * SECOND_MS;

export default defineConfig({
  test: {
    maxWorkers: 2,
    allowOnly: false,
    retry: 0,
    projects: PROJECTS.map(({ name, include, globalSetup, testTimeoutMs = 15 * SECOND_MS, ...rest }) => ({
      test: {
        name,
        include,
        isolate: rest.sharesModules !== true,
        ...(globalSetup === undefined ? {} : { globalSetup }),
        exclude: [
          '**/node_modules/**',
          '**/dist/**',
          ...(rest.exclude ?? []),
          ...(deep ? [] : ['**/*.deep.test.ts']),
          ...(name === 'browser' ? [] : ['**/*.browser{,.deep}.test.ts']),
        ],
        testTimeout: deep ? DEEP_TIMEOUT_MS : testTimeoutMs,
        hookTimeout: Math.max(testTimeoutMs, 30 * SECOND_MS),
      },
    })),
  },
});
