/**
 * The folders that the mutation run measures, and the tests of each: those that state what the folder does, not all that
 * happen to run its code.
 * @module
 */

/** @typedef {{ name: string, folder: string, tests: string[] }} MeasuredFolder */

/** @type {MeasuredFolder[]} */
export const FOLDERS = [
  { name: 'policy', folder: 'src/scheduler/policy', tests: ['src/scheduler/policy/**/*.test.ts'] },
  { name: 'commands', folder: 'src/scheduler/store/commands', tests: ['tests/contract/store-*.test.ts'] },
  { name: 'core', folder: 'src/worker/core', tests: ['src/worker/core/**/*.test.ts'] },
  {
    name: 'protocol',
    folder: 'src/protocol',
    tests: ['src/protocol/**/*.test.ts', 'tests/vectors/**/*.test.ts'],
  },
];

/** Files without code whose change a test of behaviour could notice: tests, and the table of limits. */
export const NOT_MUTATED = /\.test(-d)?\.ts$|^src\/protocol\/limits\.ts$/;
