/**
 * Npm libraries, prewarmed sandboxes and limits of memory in threads of Node. A file of its own, so that it runs beside the
 * suites of the worktimes.
 * @module
 */
import { afterAll, afterEach, describe } from 'vitest';
import { builtThreadHost, createStarter } from './worktime-fixture.js';
import { librariesSuite } from './worktime-suite-libraries.js';
import { memorySuite } from './worktime-suite-memory.js';
import { warmSuite } from './worktime-suite-warm.js';

const host = builtThreadHost();
const { start, end } = createStarter(() => host);

afterEach(end);
afterAll(() => host.close());

describe('memory in a thread', () => {
  memorySuite(start);
});

describe('npm libraries in a thread', () => {
  librariesSuite(start);
});

describe('a warm start in a thread', () => {
  warmSuite(() => host);
});
