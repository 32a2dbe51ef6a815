/**
 * The worktimes in threads of Node, and what is a thread's own.
 * @module
 */
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { builtThreadHost, starter } from './worktime-rig.js';
import { customSuite } from './worktime-suite-custom.js';
import { globalsSuite } from './worktime-suite-globals.js';
import { mapBasicSuite } from './worktime-suite-map-basic.js';
import { memorySuite } from './worktime-suite-memory.js';
import { pyodideSuite } from './worktime-suite-pyodide.js';
import { pythonValuesSuite } from './worktime-suite-python-values.js';
import { restSuite } from './worktime-suite-rest.js';
import { signsSuite } from './worktime-suite-signs.js';
import { warmSuite } from './worktime-suite-warm.js';
import { wasiSuite } from './worktime-suite-wasi.js';
import { wasmSuite } from './worktime-suite-wasm.js';

const host = builtThreadHost();
const { start, end } = starter(() => host);

afterEach(end);
afterAll(() => host.close());

describe('map-basic in a thread', () => {
  mapBasicSuite(start);
  globalsSuite(start);
  signsSuite(start);
  restSuite(start);
});

describe('memory in a thread', () => memorySuite(start));

describe('pyodide in a thread', () => {
  pyodideSuite(start);
  describe('values and errors', () => pythonValuesSuite(start));
});

describe('wasm in a thread', () => {
  wasmSuite(start);
  describe('WASI', () => wasiSuite(start));
});

describe('a custom worktime in a thread', () => customSuite(start));

describe('a warm start in a thread', () => warmSuite(() => host));

describe('a thread', () => {
  it('says why it ended when it ran out of memory', async () => {
    const small = builtThreadHost(24);
    const own = starter(() => small);
    const rig = await own.start('() => { const all = []; for (;;) all.push(new Array(1e4).fill({})); }');
    rig.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }]);
    expect(await rig.exited()).toBe(
      'The sandbox thread ran out of memory: its JavaScript heap reached 24 MiB.',
    );
    await small.close();
  });

  it('is killed in the middle of an endless loop, and ends once', async () => {
    const rig = await start('() => { for (;;); }');
    rig.send([{ first: 1, input: { kind: 'range', start: 0, step: 1, count: 1 } }], true);
    await rig.until((m) => m.type === 'begin');
    rig.kill();
    rig.kill();
    expect(await rig.exited()).toBe('The sandbox thread was killed.');
  });

  it('is not started by a closed host, and ends with it', async () => {
    const other = builtThreadHost();
    const rig = await starter(() => other).start('x => x');
    await other.close();
    expect(rig.exitReason).toBe('The sandbox thread was killed.');
    await expect(starter(() => other).start('x => x')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('has nothing of the environment and the arguments of its host', async () => {
    // A thread is no border: a module that is a work function may import what Node has built in.
    const rig = await start({
      sourceKind: 'module',
      source:
        'import { env, argv, execArgv } from "node:process"; export default () => [{ ...env }, argv.length, execArgv];',
    });
    expect(await rig.one(0)).toEqual([{}, 2, []]);
  });
});
