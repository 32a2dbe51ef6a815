/**
 * The worktimes in processes of Deno without permissions, and what is such a process's own.
 * @module
 */
import { afterAll, afterEach, describe } from 'vitest';
import { systemClock } from '../../src/lib/clock.js';
import { denoHost } from '../../src/worker/hosts/deno/deno-host.js';
import { withAssets } from './worktime-assets.js';
import { createStarter } from './worktime-fixture.js';
import { customSuite } from './worktime-suite-custom.js';
import { librariesSuite } from './worktime-suite-libraries.js';
import { memorySuite, wideMemorySuite } from './worktime-suite-memory.js';
import { worktimeSuites } from './worktime-suites.js';

const SCRIPTS = new URL('../../dist/sandbox/', import.meta.url);

const host = withAssets(denoHost({ clock: systemClock, env: process.env, scripts: SCRIPTS }));
const { start, end } = createStarter(() => host, { withSnapshot: true });

afterEach(end);
afterAll(() => host.close());

worktimeSuites('Deno', start, { extent: 'brief', isPlatformInRealm: true });

describe('memory in Deno', () => {
  memorySuite(start);
  wideMemorySuite(start);
});

describe('npm libraries in Deno', () => librariesSuite(start));

describe('a custom worktime in Deno', () => customSuite(start, true));
