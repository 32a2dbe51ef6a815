/**
 * Npm libraries, prewarmed sandboxes and limits of memory in Workers of a real Chromium. A file of its own, so that it runs
 * beside the suites of the worktimes.
 * @module
 */
import { afterAll, afterEach, beforeAll, describe } from 'vitest';
import type { SandboxHost } from '../../src/worker/hosts/port/sandbox-host.js';
import { openTabHost } from './tab-host.js';
import { createStarter } from './worktime-fixture.js';
import { librariesSuite } from './worktime-suite-libraries.js';
import { memorySuite } from './worktime-suite-memory.js';
import { warmSuite } from './worktime-suite-warm.js';

let host: SandboxHost;
beforeAll(async () => {
  host = await openTabHost();
}, 60_000);
afterAll(() => host.close());

const { start, end } = createStarter(() => host);
afterEach(end);

describe('a warm start in a browser', () => {
  warmSuite(() => host);
});

describe('memory in a browser', () => {
  memorySuite(start);
});

describe('npm libraries in a browser', () => {
  librariesSuite(start);
});
