/**
 * The tests of one measured folder, for Stryker; `MUTATION_TESTS` has their patterns, separated by commas.
 * @module
 */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: (process.env.MUTATION_TESTS ?? '').split(','),
    exclude: ['**/node_modules/**', '**/*.deep.test.ts'],
    testTimeout: 15_000,
  },
});
