/**
 * What the worktime map-basic promises, for any kind of sandbox.
 * @module
 */
import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { PERMITTED_GLOBALS, UNREMOVABLE_GLOBALS } from '../../src/worktimes/lockdown/permits.js';
import { bundleOf, type StartSandbox } from './worktime-fixture.js';

export function mapBasicSuite(start: StartSandbox): void {
  describe('values', () => valueTests(start));
  describe('the source', () => sourceTests(start));
  describe('what a work function sees', () => scopeTests(start));
}

function valueTests(start: StartSandbox): void {
  it('are passed in and out as structured clones', async () => {
    const cyclic: Record<string, unknown> = { list: [1] };
    cyclic['self'] = cyclic;
    const data = [
      0, -0, 1.5, NaN, Infinity, 2 ** 53, 10n ** 30n, -5n, '', 'text 💩', true, false, null, undefined, [], [1, [2, [3]]],
      { a: 1, b: { c: null } }, new Map<unknown, unknown>([[1, 'x'], ['y', new Set([1, 2])]]), new Date(0), /x/gi,
      new Uint8Array([1, 2, 3]), new Float64Array([0.5, -0]), new BigInt64Array([1n]), new ArrayBuffer(3), cyclic,
    ]; // prettier-ignore
    const sandbox = await start('(x) => x');
    expect(await sandbox.run(data)).toEqual(data);
  });

  it('are passed to an async work function one after the other', async () => {
    const sandbox = await start(`async (x) => {
      globalThis.running = (globalThis.running ?? 0) + 1;
      await new Promise((resolve) => setTimeout(resolve, 1));
      return [x, globalThis.running--];
    }`);
    expect(await sandbox.run([1, 2, 3])).toEqual([[1, 1], [2, 1], [3, 1]]); // prettier-ignore
  });

  it('include captured constants, frozen, in functions, scripts and modules, whose lines stay as they are', async () => {
    const captured = { k: 3, units: { km: [1000] }, unset: undefined };
    const body =
      '(x) => {\n  if (x < 0) throw new Error("line 2");\n  return [x * k, units.km[0], typeof unset, Object.isFrozen(units.km)];\n}';
    for (const [source, sourceKind] of [
      [body, 'function'],
      [`const top = k;\n${body}`, 'function'],
      [`export default ${body}`, 'module'],
    ] as const) {
      const sandbox = await start({ source, sourceKind, captured });
      expect(await sandbox.one(2)).toEqual([6, 1000, 'undefined', true]);
      const line = source.startsWith('const') ? 3 : 2;
      expect((await sandbox.failure(-1)).stack).toContain(`work-function.js:${line}:`);
    }
    const strict = '(x) => { "use strict"; k = x; }';
    expect(await (await start({ source: strict, captured })).failure(1)).toMatchObject({ name: 'TypeError' });
  });

  it('are followed by the arguments of the job', async () => {
    for (const args of [[], ['a'], ['a', { b: 1 }], ['a', 2n, null]]) {
      const sandbox = await start({ source: '(...all) => all', args });
      expect(await sandbox.run([7])).toEqual([[7, ...args]]);
    }
  });

  it('may come from ranges and from several parts of one batch', async () => {
    const sandbox = await start('(x) => x');
    const range = { kind: 'range', start: 10, step: 5, count: 3 } as const;
    const groups = { kind: 'range', start: 0, step: 1, count: 2, group: 2, values: 3 } as const;
    const batch = sandbox.send([
      { first: 1, input: range },
      { first: 4, input: groups },
      { first: 9, input: range },
    ]);
    expect(await sandbox.outcomes(batch)).toEqual([10, 15, 20, [0, 1], [2], 10, 15, 20]);
    expect(sandbox.of('outcomes').map((m) => [m.first, m.count, m.done])).toEqual([
      [1, 5, false],
      [9, 3, true],
    ]);
  });

  it('may be combinations of ranges, ranges one after another, and numbers of a distribution', async () => {
    const sandbox = await start('(x) => x');
    const range = { kind: 'range', start: 1, step: 1, count: 2 } as const;
    const random = { name: 'normalRNG' as const, params: [0, 1], seed: 42 };
    const batch = sandbox.send([
      { first: 1, input: { kind: 'multi-range', ranges: [range, range], count: 3, offset: 1 } },
      { first: 4, input: { kind: 'sparse-range', ranges: [range, range], count: 3 } },
      { first: 7, input: { kind: 'distribution', ...random, size: 3, count: 2, offset: 1 } },
      { first: 9, input: { kind: 'distribution', name: 'poisson', params: [4], size: 60, count: 1 } },
    ]);
    const golden = [0.3126864277095914, 1.176955046111913];
    expect(await sandbox.outcomes(batch)).toEqual([
      [1, 2],
      [2, 1],
      [2, 2],
      1,
      2,
      1,
      ...golden,
      0.01831563888873418,
    ]);
  });

  it('may come from blobs that were sent before', async () => {
    const sandbox = await start('(x) => x.length');
    expect(await sandbox.runBlob('y'.repeat(100_000))).toEqual([100_000]);
    const unknown = (await sandbox.runBlob('never sent', { send: false }))[0] as { code: string };
    expect(unknown.code).toBe('BLOB_UNKNOWN');
  });

  it('fail only their slice when the result cannot be cloned, with the path of the fault', async () => {
    const sandbox = await start(`(x) => [
      { a: [0, () => 1] }, Promise.resolve(1), { p: Promise.resolve(1) }, new WeakMap(), Symbol('s'),
      { get then() { throw new RangeError('no'); } }, new (class Point { x = 1; })(), 'fine',
    ][x]`);
    const outcomes = await sandbox.run([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(outcomes.map((o) => (o as { code?: string }).code ?? (o as Error).name ?? o)).toEqual([
      'RESULT_NOT_CLONEABLE', 1, 'RESULT_NOT_CLONEABLE', 'RESULT_NOT_CLONEABLE', 'RESULT_NOT_CLONEABLE', 'RangeError',
      'RESULT_NOT_CLONEABLE', 'fine',
    ].map((o) => o)); // prettier-ignore
    expect((outcomes[0] as { info: unknown }).info).toEqual({ path: '$.a[1]', type: 'function' });
    expect((outcomes[6] as Error).message).toContain('Point');
    expect((outcomes[0] as Error).stack).not.toMatch(/dist|src|blob:/);
  });

  it('fail only their slice when the result is too large', async () => {
    const sandbox = await start('(x) => new Uint8Array(x)');
    const [large, small] = await sandbox.run([64 * 1024 * 1024 + 1, 3]);
    expect(large).toMatchObject({ code: 'RESULT_TOO_LARGE' });
    expect(small).toEqual(new Uint8Array(3));
  });
}

function sourceTests(start: StartSandbox): void {
  const readings: Record<string, string> = {
    'an arrow': 'x => x + 1',
    'a function': 'function (x) { return x + 1; }',
    'a named function': 'function addOne(x) { return x + 1; }',
    'an async arrow': 'async x => x + 1',
    'an async function': 'async function addOne(x) { return x + 1; }',
    'a method': 'addOne(x) { return x + 1; }',
    'an async method': 'async addOne(x) { return x + 1; }',
    'a computed method': '["add one"](x) { return x + 1; }',
    'a method called get': 'get(x) { return x + 1; }',
    'brackets and comments around it': '/* a */ (x => x + 1) // b',
    'a semicolon behind it': 'x => x + 1;',
    'a script that ends in it': 'const one = 1;\nfunction add(a, b) { return a + b; }\nx => add(x, one)',
  };
  for (const [name, source] of Object.entries(readings)) {
    it(`may be ${name}`, async () => {
      const sandbox = await start(source);
      expect(await sandbox.one(1)).toBe(2);
    });
  }

  const refused: Record<string, [string, RegExp]> = {
    'a class': ['class Work { }', /is a class/],
    'a generator': ['function* work(x) { yield x; }', /is a generator/],
    'an async generator': ['async function* work(x) { yield x; }', /is a generator/],
    'a generator method': ['*work(x) { yield x; }', /is a generator/],
    'a value': ['42', /gives number, not a function/],
    nothing: [' ', /cannot be compiled/],
    'a getter': ['get work() { return 1; }', /cannot be compiled/],
    'a builtin': [String(Math.sqrt), /built-in and bound functions have no source/],
    'code that throws': ['null.x', /TypeError/],
    'broken text': ['(x) => {\n  return x +* 1;\n}', /SyntaxError.* at work-function\.js:2/],
    'broken at its first line': ['(x) => x +* 1', /SyntaxError.* at work-function\.js:1/],
  };
  for (const [name, [source, message]] of Object.entries(refused)) {
    it(`may not be ${name}`, async () => {
      const error = await start(source).then(
        () => undefined,
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
      expect((error as Error).message).toMatch(message);
    });
  }

  it('runs once per sandbox, and not at all when it does not parse', async () => {
    const once = await start('globalThis.times = (globalThis.times ?? 0) + 1; () => globalThis.times');
    expect(await once.one(0)).toBe(1);
    const failed = start('globalThis.leak = console.log("ran"); x => x +* 1');
    await expect(failed).rejects.toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
  });

  it('may be the output of esbuild with keepNames', async () => {
    const typescript =
      'const job = { work: (x: number) => { const twice = (n: number) => 2 * n; return twice(x); } };\n';
    const { outputFiles } = await build({
      stdin: { contents: `${typescript} globalThis.text = job.work.toString();`, loader: 'ts' },
      keepNames: true,
      write: false,
    });
    const compiled = new Function(`${outputFiles[0]!.text}; return globalThis.text;`) as () => string;
    const source = compiled();
    expect(source).toContain('__name');
    expect(await (await start(source)).one(4)).toBe(8);
  });

  it('may be an ES module', async () => {
    const byDefault = await start({
      sourceKind: 'module',
      source: 'export const other = () => 0;\nexport default (x) => x + 1;',
    });
    expect(await byDefault.one(1)).toBe(2);
    const only = await start({
      sourceKind: 'module',
      source: 'export const n = 2;\nexport async function work(x) { return x + n; }',
    });
    expect(await only.one(1)).toBe(3);
    const thrown = await start({
      sourceKind: 'module',
      source: '\n\nexport default (x) => { throw new TypeError("é") };',
    });
    const { stack } = await thrown.failure(1);
    expect(stack).toMatch(/^TypeError: é\n.*work-function\.js:3:\d+/);
    expect(stack).not.toMatch(/data:|blob:/);
  });

  it('that is a module must export one unambiguous function', async () => {
    const module = (source: string) => start({ sourceKind: 'module', source });
    await expect(module('export const a = 1;')).rejects.toThrow(/exports no function/);
    await expect(module('export const a = () => 1, b = () => 2;')).rejects.toThrow(/exports a, b/);
    await expect(module('export default (')).rejects.toMatchObject({ code: 'WORK_FUNCTION_INVALID' });
    await expect(module('throw new RangeError("at its top")')).rejects.toThrow(/RangeError: at its top/);
  });
}

function scopeTests(start: StartSandbox): void {
  it('includes crypto.subtle.digest and crypto.randomUUID', async () => {
    const sandbox = await start(`async (name) => {
      const digest = new Uint8Array(await crypto.subtle.digest(name, new TextEncoder().encode('abc')));
      return [digest.length, digest[0], digest.at(-1), /^[0-9a-f-]{36}$/.test(crypto.randomUUID())];
    }`);
    expect(await sandbox.run(['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'])).toEqual([
      [20, 0xa9, 0x9d, true],
      [32, 0xba, 0xad, true],
      [48, 0xcb, 0xa7, true],
      [64, 0xdd, 0x9f, true],
    ]);
  });

  it('is exactly the list of permitted globals', async () => {
    const sandbox = await start(`() => {
      const names = new Set();
      for (let holder = globalThis; holder && holder !== Object.prototype; holder = Object.getPrototypeOf(holder)) {
        if (holder === globalThis.EventTarget?.prototype) continue;
        for (const name of Object.getOwnPropertyNames(holder)) {
          const found = Object.getOwnPropertyDescriptor(holder, name);
          if (found.get || found.value !== undefined) names.add(name);
        }
      }
      return [...names];
    }`);
    const ours = [
      'progress',
      'console',
      'work',
      'jobfs',
      '__name',
      'navigator',
      'location',
      'WorkerGlobalScope',
      'constructor',
      // Deno's errors come by it, and nothing else.
      'dispatchEvent',
      ...UNREMOVABLE_GLOBALS,
    ];
    const seen = (await sandbox.one(0)) as string[];
    expect(seen.filter((name) => !PERMITTED_GLOBALS.has(name) && !ours.includes(name))).toEqual([]);
    expect(seen).toEqual(
      expect.arrayContaining(['setTimeout', 'WebAssembly', 'crypto', 'TextDecoder', 'self']),
    );
  });

  it('does not include any global that reaches outside of the sandbox', async () => {
    const sandbox = await start(
      `(name) => [typeof globalThis[name], typeof self[name], name in globalThis && globalThis[name] !== undefined]`,
    );
    const names = ['process', 'require', 'fetch', 'XMLHttpRequest', 'WebSocket', 'importScripts', 'indexedDB', 'caches',
      'Worker', 'SharedWorker', 'postMessage', 'close', 'BroadcastChannel', 'EventSource', 'Buffer',
      'addEventListener', 'setImmediate', 'Deno']; // prettier-ignore
    expect(await sandbox.run(names)).toEqual(names.map(() => ['undefined', 'undefined', false]));
  });

  it('includes the job and its environment variables', async () => {
    const sandbox = await start({
      source: '() => [work.job, work.env, Object.isFrozen(work)]',
      env: { A: 'b' },
      jobId: 'an id',
    });
    const job = { id: 'an id', public: { name: 'A job', description: 'of a test', link: '' } };
    expect(await sandbox.one(0)).toEqual([job, { A: 'b' }, true]);
  });

  it('includes the files, by paths relative to the directory', async () => {
    const files = {
      '/data/in.txt': 'grüß',
      '/data/deep/b.bin': new Uint8Array([0, 255]),
      '/home/pyodide/h': 'home',
    };
    const bundle = { bytes: await bundleOf(files), cwd: '/data' };
    const sandbox = await start({ source: '(code) => new Function(`return ${code}`)()', bundle });
    expect(
      await sandbox.run([
        'jobfs.readTextFile("in.txt")', 'jobfs.readFile("deep/../deep/b.bin")', 'jobfs.readTextFile("~/h")',
        'jobfs.list()', 'jobfs.list("/")', 'jobfs.exists("deep")', 'jobfs.exists("nothing")',
      ]),
    ).toEqual(['grüß', new Uint8Array([0, 255]), 'home', ['deep', 'in.txt'], ['data', 'home'], true, false]); // prettier-ignore
    expect(await sandbox.failure('jobfs.readFile("x")')).toMatchObject({
      code: 'JOBFS_PATH',
      info: { path: '/data/x' },
    });
    expect(await sandbox.failure('jobfs.readFile("deep")')).toMatchObject({ code: 'JOBFS_PATH' });
    await sandbox.run(['jobfs.readFile("in.txt").fill(0)']);
    expect(await sandbox.one('jobfs.readTextFile("in.txt")')).toBe('grüß');
  });

  it('keeps its globals from slice to slice', async () => {
    const sandbox = await start('(x) => (globalThis.sum = (globalThis.sum ?? 0) + x)');
    expect(await sandbox.run([1, 2, 3])).toEqual([1, 3, 6]);
  });
}
