/**
 * The contract suites of all worktimes, for each kind of sandbox.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { WORKTIMES, type BuiltInWorktime } from '../../src/worktimes/registry.js';
import type { StartSandbox } from './worktime-fixture.js';
import { controlsSuite, pythonControlsSuite } from './worktime-suite-controls.js';
import { globalsSuite } from './worktime-suite-globals.js';
import { mapBasicSuite } from './worktime-suite-map-basic.js';
import { modulesSuite } from './worktime-suite-modules.js';
import { pyodideSuite } from './worktime-suite-pyodide.js';
import { pythonValuesSuite } from './worktime-suite-python-values.js';
import { quiesceSuite } from './worktime-suite-quiesce.js';
import { reportingSuite } from './worktime-suite-reporting.js';
import { wasiSuite } from './worktime-suite-wasi.js';
import { wasmSuite } from './worktime-suite-wasm.js';

export interface SuiteOptions {
  /**
   * How much runs: `full` where sandboxes start fast, `reduced` without some long suites, `brief` only what depends on the
   * kind of sandbox most.
   */
  readonly extent: 'full' | 'reduced' | 'brief';
  /** As an option of `reportingSuite`. */
  readonly isPlatformInRealm?: boolean;
}

const SUITES: Record<BuiltInWorktime, (start: StartSandbox, options: SuiteOptions) => void> = {
  'map-basic': (start, { isPlatformInRealm }) => {
    mapBasicSuite(start);
    globalsSuite(start);
    reportingSuite(start, { isPlatformInRealm });
    quiesceSuite(start);
    describe('controls', () => controlsSuite(start));
  },
  wasm: (start, { extent }) => {
    wasmSuite(start, extent === 'brief');
    describe('WASI', () => wasiSuite(start, extent !== 'full'));
  },
  pyodide: (start, { extent }) => {
    if (extent !== 'brief') pyodideSuite(start);
    else
      it('runs Python', async () => {
        const sandbox = await start({ worktime: 'pyodide', source: 'def f(x):\n    return x + 1\n' });
        expect(await sandbox.run([1, 2])).toEqual([2, 3]);
      });
    modulesSuite(start);
    if (extent !== 'brief') describe('controls', () => pythonControlsSuite(start));
    if (extent !== 'reduced')
      describe('values and errors', () => pythonValuesSuite(start, extent === 'brief'));
  },
};

/** `place`: the kind of sandbox, for the names of the tests. */
export function worktimeSuites(place: string, start: StartSandbox, options: SuiteOptions): void {
  for (const { name } of WORKTIMES) {
    describe(`${name} in ${place}`, () => SUITES[name as BuiltInWorktime](start, options));
  }
}
