/**
 * The folders that the mutation run measures, and the tests of each: those that state what the folder does, not all that
 * happen to run its code.
 * @module
 */

/** @typedef {{ name: string, folder: string, tests: string[], setup?: string[] }} MeasuredFolder */

/** @type {MeasuredFolder[]} */
export const FOLDERS = [
  { name: 'policy', folder: 'src/scheduler/policy', tests: ['src/scheduler/policy/**/*.test.ts'] },
  {
    name: 'commands',
    folder: 'src/scheduler/store/commands',
    // The same contracts on a disk take several times as long; the others are about statements, versions and failures.
    tests: ['tests/contract/store-!(sqlite-disk|plans|outage|migration).test.ts'],
    setup: ['scripts/mutation/refuse-booleans.mjs'],
  },
  { name: 'core', folder: 'src/worker/core', tests: ['src/worker/core/**/*.test.ts'] },
  {
    name: 'protocol',
    folder: 'src/protocol',
    tests: ['src/protocol/**/*.test.ts', 'tests/vectors/**/*.test.ts'],
  },
];

/** Files without code whose change a test of behaviour could notice: tests, and the table of limits. */
export const NOT_MUTATED = /\.test(-d)?\.ts$|^src\/protocol\/limits\.ts$/;
