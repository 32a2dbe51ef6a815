/**
 * The worktimes in processes of Deno without permissions, and what is such a process's own.
 * @module
 */
import { afterAll, afterEach, describe } from 'vitest';
import { systemClock } from '../../src/lib/clock.js';
import { denoHost } from '../../src/worker/sandbox/deno-host.js';
import { withAssets } from './worktime-assets.js';
import { starter } from './worktime-rig.js';
import { customSuite } from './worktime-suite-custom.js';
import { mapBasicSuite } from './worktime-suite-map-basic.js';
import { pyodideSuite } from './worktime-suite-pyodide.js';
import { signsSuite } from './worktime-suite-signs.js';
import { wasmSuite } from './worktime-suite-wasm.js';

const SCRIPTS = new URL('../../dist/sandbox/', import.meta.url);

const host = withAssets(denoHost({ clock: systemClock, env: process.env, scripts: SCRIPTS }));
const { start, end } = starter(() => host);

afterEach(end);
afterAll(() => host.close());

describe('map-basic in Deno', () => {
  mapBasicSuite(start);
  signsSuite(start);
});

describe('pyodide in Deno', () => pyodideSuite(start));

describe('wasm in Deno', () => wasmSuite(start, true));

describe('a custom worktime in Deno', () => customSuite(start, true));
