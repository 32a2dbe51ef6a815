/**
 * The worktimes in processes of Deno without permissions, and what is such a process's own.
 * @module
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.js';
import { denoHost } from '../../src/worker/hosts/deno/deno-host.js';
import { withAssets } from './worktime-assets.js';
import { createStarter } from './worktime-fixture.js';
import { customSuite } from './worktime-suite-custom.js';
import { globalsSuite } from './worktime-suite-globals.js';
import { mapBasicSuite } from './worktime-suite-map-basic.js';
import { memorySuite, wideMemorySuite } from './worktime-suite-memory.js';
import { pythonValuesSuite } from './worktime-suite-python-values.js';
import { quiesceSuite } from './worktime-suite-quiesce.js';
import { reportingSuite } from './worktime-suite-reporting.js';
import { wasiSuite } from './worktime-suite-wasi.js';
import { wasmSuite } from './worktime-suite-wasm.js';

const SCRIPTS = new URL('../../dist/sandbox/', import.meta.url);

const host = withAssets(denoHost({ clock: systemClock, env: process.env, scripts: SCRIPTS }));
const { start, end } = createStarter(() => host);
const PYTHON = 'def f(x):\n    return x + 1\n';

afterEach(end);
afterAll(() => host.close());

describe('map-basic in Deno', () => {
  mapBasicSuite(start);
  globalsSuite(start);
  reportingSuite(start, { isPlatformInRealm: true });
  quiesceSuite(start);
});

describe('memory in Deno', () => {
  memorySuite(start);
  wideMemorySuite(start);
});

describe('pyodide in Deno', () => {
  it('runs Python', async () => {
    const sandbox = await start({ worktime: 'pyodide', source: PYTHON });
    expect(await sandbox.run([1, 2])).toEqual([2, 3]);
  });
  describe('values and errors', () => pythonValuesSuite(start, true));
});

describe('wasm in Deno', () => {
  wasmSuite(start, true);
  describe('WASI', () => wasiSuite(start, true));
});

describe('a custom worktime in Deno', () => customSuite(start, true));
