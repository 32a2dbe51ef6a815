import { describe, expect, it } from 'vitest';
import { WORKTIMES } from '../../worktimes/registry.js';
import { packSource } from './work-function.js';
import { parseWork } from './work-source.js';

const AVAILABLE = WORKTIMES.map(({ name }) => name).join(', ');

const noModule = (): Promise<Uint8Array> => Promise.reject(new Error('no module'));
/** The function that a sandbox would make of the packed source. */
async function shipped(work: unknown): Promise<(x: number) => unknown> {
  const { bytes, sourceKind } = await packSource(parseWork(work), { worktime: 'map-basic' }, noModule);
  expect(sourceKind).toBe('function');
  return (0, eval)(`(${new TextDecoder().decode(bytes)})`) as (x: number) => unknown;
}

describe('a work function', () => {
  it('can be shipped in every syntax of functions', async () => {
    const methods = {
      plain(x: number) {
        return x + 1;
      },
      async waits(x: number) {
        return x + 1;
      },
      'odd name'(x: number) {
        return x + 1;
      },
      async(x: number) {
        return x + 1;
      },
      get(x: number) {
        return x + 1;
      },
    };
    class Holder {
      static method(x: number): number {
        return x + 1;
      }
    }
    const works = [
      (x: number) => x + 1,
      async (x: number) => x + 1,
      function (x: number) {
        return x + 1;
      },
      function named(x: number) {
        return x + 1;
      },
      ...Object.values(methods),
      Object.getOwnPropertyDescriptor(Holder, 'method')!.value,
      '(x) => x + 1',
      'x => x + 1;',
      '  function (x) { return x + 1 } ',
      '((k) => (x) => x + k)(1)',
    ];
    for (const work of works) expect(await (await shipped(work))(41), String(work)).toBe(42);
  });

  it.each([
    ['bound', ((x: number) => x).bind(null), /Wrap it/],
    ['built-in', Math.sqrt, /Wrap it/],
    ['a class', class A {}, /class/],
    ['a generator', function* () {}, /generator/],
    ['an async generator', async function* () {}, /generator/],
    ['empty text', '  ', /empty/],
    ['a number', 5, /Pass a function/],
  ])('is rejected immediately when it is %s', (_, work: unknown, advice) => {
    expect(() => parseWork(work)).toThrowError(advice);
    expect(() => parseWork(work)).toThrowError(expect.objectContaining({ code: 'WORK_FUNCTION_INVALID' }));
  });

  it.each(['(x) =>', 'x +', 'def f(x): return x', 'return 5'])(
    'is refused at deploy when it is %j',
    async (text) => {
      await expect(packSource(parseWork(text), { worktime: 'map-basic' }, noModule)).rejects.toMatchObject({
        code: 'WORK_FUNCTION_INVALID',
      });
    },
  );

  it('is parsed and not run when it is packed', async () => {
    const text = '(globalThis.ranOnItsWay = true, (x) => x)';
    await packSource(parseWork(text), { worktime: 'map-basic' }, noModule);
    expect('ranOnItsWay' in globalThis).toBe(false);
  });

  it('is a module if it is given by URL or has an export', async () => {
    const module = 'export default (x) => x;';
    const read = (): Promise<Uint8Array> => Promise.resolve(new TextEncoder().encode(module));
    for (const work of [new URL('https://example.org/work.js'), module]) {
      const { bytes, sourceKind } = await packSource(parseWork(work), { worktime: 'map-basic' }, read);
      expect([new TextDecoder().decode(bytes), sourceKind]).toEqual([module, 'module']);
    }
  });

  it.each([
    ['python', `Unknown worktime python; available: ${AVAILABLE}. Did you mean pyodide?`],
    ['cobol', `Unknown worktime cobol; available: ${AVAILABLE}.`],
  ])('is rejected for the unknown worktime %s with the available ones', async (worktime, message) => {
    await expect(
      packSource(
        parseWork((x: number) => x),
        { worktime },
        noModule,
      ),
    ).rejects.toMatchObject({
      code: 'WORKTIME_UNKNOWN',
      message,
    });
  });

  it('is Python text for other worktimes, without the indentation of a template literal', async () => {
    const text = `
      def work(x):
          # twice
          return 2 * x
    `;
    const { bytes, sourceKind } = await packSource(parseWork(text), { worktime: 'pyodide' }, noModule);
    expect(new TextDecoder().decode(bytes)).toBe('\ndef work(x):\n    # twice\n    return 2 * x\n');
    expect(sourceKind).toBe('module');
    await expect(
      packSource(
        parseWork((x: number) => x),
        { worktime: 'pyodide' },
        noModule,
      ),
    ).rejects.toMatchObject({
      code: 'WORK_FUNCTION_INVALID',
    });
  });

  it('has a maximum size', async () => {
    const text = `(x) => "${'a'.repeat(600_000)}"`;
    await expect(packSource(parseWork(text), { worktime: 'map-basic' }, noModule)).rejects.toThrowError(
      /524288/,
    );
  });

  it.each([
    'def f(x):\n  return x',
    'import re\n\ndef f(x):\n  return x',
    'lambda x: x',
    'async def f(x): ...',
    '# twice\nwork = lambda x: 2 * x',
  ])('says that %j looks like Python', async (source) => {
    const packed = packSource(parseWork(source), { worktime: 'map-basic' }, noModule);
    await expect(packed).rejects.toThrow("set job.worktime = 'pyodide'");
  });
});

describe('a text that is not a work function', () => {
  it.each([
    ['import{a}from"./a.js";x=>a(x)', 'as a module that exports it as its default'],
    ['const s = `\nimport re\n\ndef f(x):\n  return x\n`; (x) => {', 'Write it as (x) =>'],
    ['x +', "for Python set job.worktime = 'pyodide'"],
  ])('is rejected with advice: %j', async (text, advice) => {
    await expect(packSource(parseWork(text), { worktime: 'map-basic' }, noModule)).rejects.toMatchObject({
      code: 'WORK_FUNCTION_INVALID',
      message: expect.stringContaining(advice) as string,
    });
  });
});

describe('the source of a work function', () => {
  it.each([
    ['const k = 3; (x) => k * x', 'function', 'const k = 3; (x) => k * x'],
    ['var L = { k: 3 };\n(x) => L.k * x', 'function', 'var L = { k: 3 };\n(x) => L.k * x'],
    ['name(x) { return x + 1; }', 'function', 'Object.values({ name(x) { return x + 1; } })[0]'],
    ['const k = 3; export default (x) => k * x', 'module', 'const k = 3; export default (x) => k * x'],
    ['const s = ";export {b}"; (x) => s', 'function', 'const s = ";export {b}"; (x) => s'],
    ['/*! b */export default x=>x', 'module', '/*! b */export default x=>x'],
    ['let b=(x=>x)\nexport*from"data:,"', 'module', 'let b=(x=>x)\nexport*from"data:,"'],
    ['var b=x=>3*x;export{b as default};', 'module', 'var b=x=>3*x;export{b as default};'],
  ])('is accepted in every documented form: %s', async (text, sourceKind, source) => {
    const packed = await packSource(parseWork(text), { worktime: 'map-basic' }, () =>
      Promise.reject(new Error()),
    );
    expect(packed.sourceKind).toBe(sourceKind);
    expect(new TextDecoder().decode(packed.bytes)).toBe(source);
  });
});

describe('a text that names a file', () => {
  it.each([
    ['./work.py', 'pyodide', 'new URL("./work.py", import.meta.url)'],
    ['work.js', 'map-basic', 'new URL("work.js", import.meta.url)'],
    ['../lib/work.mjs ', 'map-basic', 'new URL("../lib/work.mjs", import.meta.url)'],
    ['C:\\jobs\\work.wasm', 'wasm', 'import.meta.url'],
    ['https://a.example/work.js', 'map-basic', 'new URL("https://a.example/work.js").'],
  ])('is rejected with the URL to use: %s', async (text, worktime, advice) => {
    await expect(packSource(parseWork(text), { worktime }, noModule)).rejects.toMatchObject({
      code: 'WORK_FUNCTION_INVALID',
      message: expect.stringContaining(advice) as string,
    });
  });

  it('is source text for a custom worktime', async () => {
    const home = { worktime: 'map-basic', isCustom: true };
    const { bytes } = await packSource(parseWork('lib.js'), home, noModule);
    expect(new TextDecoder().decode(bytes)).toBe('lib.js');
  });
});
