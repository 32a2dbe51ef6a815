/**
 * The order of the files of tests: those with examples before those with many random inputs, which take seconds. A run for a
 * mutant ends with the first test that fails, and mostly an example does.
 * @module
 */
import { BaseSequencer } from 'vitest/node';

/** Files of tests with many random inputs. */
const RANDOM = /property|fuzz|hostile|scan|schema\.test/;

export class QuickFirst extends BaseSequencer {
  sort(files) {
    const rank = ({ moduleId }) => (RANDOM.test(moduleId) ? 1 : 0);
    return Promise.resolve(
      [...files].sort((a, b) => rank(a) - rank(b) || (a.moduleId < b.moduleId ? -1 : 1)),
    );
  }
}
