/**
 * The tests of one measured folder, for Stryker; `MUTATION_TESTS` has their patterns, separated by commas, and
 * `MUTATION_SETUP` the files that run before them.
 * @module
 */
import { defineConfig } from 'vitest/config';
import { QuickFirst } from './quick-first.mjs';

const listOf = (text = '') => text.split(',').filter((one) => one !== '');

export default defineConfig({
  test: {
    include: listOf(process.env.MUTATION_TESTS),
    setupFiles: listOf(process.env.MUTATION_SETUP),
    exclude: ['**/node_modules/**', '**/*.deep.test.ts'],
    testTimeout: 15_000,
    // The files share their modules: a run for one mutant loads the code once. Only the tests' own state must not leak.
    isolate: false,
    sequence: { sequencer: QuickFirst },
  },
});
