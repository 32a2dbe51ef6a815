/**
 * What is found, what is not, and what the errors say.
 * @module
 */
import { describe, expect, it } from 'vitest';
import { isError } from '../../../lib/errors.js';
import { checkCapturedNames, checkNames, importMetaError } from './check-names.js';
import type { NameRules } from './find-names.js';

interface Found {
  names: { name: string; line: number }[];
  message: string;
}

function check(text: string, rules: NameRules & { isModule?: boolean } = { isFunction: true }): Found {
  try {
    checkNames(text, rules.isModule === true, rules);
    return { names: [], message: '' };
  } catch (error) {
    if (!isError(error, 'WORK_FUNCTION_INVALID')) throw error;
    return { names: (error.info as unknown as Found).names, message: error.message };
  }
}

const namesIn = (text: string, rules?: NameRules & { isModule?: boolean }): string[] =>
  check(text, rules).names.map(({ name }) => name);

describe('a name from outside is found', () => {
  it.each([
    ['(x) => x * factor', ['factor']],
    ['function (x) { return helper(x) + other }', ['helper', 'other']],
    ['async (x) => { await load(x); return x }', ['load']],
    ['work(x) { return x + k }', ['k']],
    ['(x = base) => x', ['base']],
    ['(x) => ({ factor })', ['factor']],
    ['(x) => ({ [key]: x })', ['key']],
    ['(x) => `${unit} ${x}`', ['unit']],
    ['(x) => { class A extends Base {} return new A(x) }', ['Base']],
    ['(x) => { sum += x; return sum }', ['sum']],
    ['(x) => { count++ }', ['count']],
    ['(x) => { { let y = 1 } return y }', ['y']],
    ['(x) => { for (const k of list) x += k; return x }', ['list']],
    ['(x) => { try { return x * factor } catch { return 0 } }', ['factor']],
    ['(x) => new Matrix(x).det', ['Matrix']],
    ['(x) => a?.b(x)', ['a']],
    ['(x) => { last = x }', ['last']],
    ['(x) => [1, 2].map((k) => k * scale)', ['scale']],
    ['(x) => fetch(x)', ['fetch']],
    ['(x) => require("fs").readFileSync(x)', ['require']],
    ['(x) => import("mathjs")', ["import of 'mathjs'"]],
    ['(x) => import(x)', ["import of 'a module'"]],
    ['() => arguments[0]', ['arguments']],
    ['(x) => this.factor * x', ['this.factor']],
    ['function (x) { return [x].map((y) => y * this.factor) }', ['this.factor']],
    ['work(x) { return this.scale(x) }', ['this.scale']],
  ])('%s', (text, names) => {
    expect(namesIn(text)).toEqual(names);
  });

  it.each([
    [
      'import { mean } from "simple-statistics"; export default (x) => mean(x);',
      ["import of 'simple-statistics'"],
    ],
    ['export { a as default } from "./a.js";', ["import of './a.js'"]],
    ['export default (x) => new URL("./data.json", import.meta.url)', ['import.meta']],
    ['const k = 2; export default (x) => x * k * m;', ['m']],
    ['document.title = "x"; export default (x) => x', ['document']],
    ['export default (x) => { total = x; return total; }', ['total']],
  ])('in a module: %s', (text, names) => {
    expect(namesIn(text, { isModule: true })).toEqual(names);
  });

  it('each is named once, with the line of its first use', () => {
    const { names } = check('(x) => {\n  const y = x * factor;\n  return y + factor + offset;\n}');
    expect(names).toEqual([
      { name: 'factor', line: 2 },
      { name: 'offset', line: 3 },
    ]);
  });
});

describe('no alarm is raised', () => {
  it.each([
    '(x, k) => x * k',
    'function fact(n) { return n < 2 ? 1 : n * fact(n - 1) }',
    '(x) => { var y = z(x); function z(v) { return v } return y }',
    '(x) => { progress(0.5); console.log(work.env.A, jobfs.list()); return Math.sqrt(x) }',
    '(x) => { const f = __name(() => 1, "f"); return f() }',
    '(x) => structuredClone(new Map([[x, new URL(location.href)]]))',
    '(x) => typeof process === "undefined" ? 0 : process.pid',
    '(x) => typeof factor',
    '(x) => "fetch" in globalThis ? fetch(x) : undefined',
    '(x) => globalThis.process ? process.pid : 0',
    '(x) => { try { return fetch(x) } catch { return 0 } }',
    '(x) => { try { return require("fs") } catch { return 0 } }',
    '(x) => { globalThis.cache ??= new Map(); return cache.get(x) }',
    '(x) => { (0, eval)(jobfs.readTextFile("lib.js")); return lib(x) }',
    '(x) => { Object.assign(globalThis, { lib: 1 }); return lib }',
    '(x) => { label: for (;;) break label; return x }',
    '(x) => x.factor.fetch',
    '(x) => ({ factor: 1, fetch() {} })',
    'function (x) { return arguments.length + x }',
    'function (x) { return new.target ?? x }',
    '(x) => { class A { #k = 1; static s = 2; get k() { return this.#k + A.s + this.other } } return new A().k }',
    '(x) => { const o = { k: 1, get() { return this.k } }; return o.get() }',
    'function (x) { this.cache = this.cache || {}; return this.cache }',
    '({ a: { b = 1, ...rest }, c: [d] }) => [b, rest, d]',
    'async function* inner(x) {} (x) => x',
    '(x) => { with (Math) { return cos(x) } }',
    '(x) => undefined ?? NaN',
  ])('%s', (text) => {
    expect(namesIn(text)).toEqual([]);
  });

  it('about the globals of a script in sloppy mode, or about parts of a library for other platforms', () => {
    const script = 'k = 3; for (i = 0; i < 3; i++) k += i; (x) => x * k';
    expect(namesIn(script, { isFunction: false })).toEqual([]);
    const library =
      'function load(url) { return fetch(url).then((r) => Buffer.from(r)) } export default (x) => x;';
    expect(namesIn(library, { isModule: true })).toEqual([]);
    const bundle = 'var b = (x) => import("node:fs"); var url = import.meta.url; export { b as default };';
    expect(namesIn(bundle, { isModule: true, isBundle: true })).toEqual([]);
  });

  it('about captured constants, or about what does not parse', () => {
    expect(namesIn('(x) => x * factor', { defined: ['factor'], isFunction: true })).toEqual([]);
    expect(namesIn('(x) => {')).toEqual([]);
    expect(namesIn('('.repeat(100_000))).toEqual([]);
  });
});

it('a captured constant may not have the name of a global', () => {
  expect(() => checkCapturedNames(['k', 'units'])).not.toThrow();
  for (const name of ['Math', 'work', 'console', 'self', 'navigator'])
    expect(() => checkCapturedNames(['k', name])).toThrow(`${name} is a global of sandboxes`);
});

describe('the error says what to do', () => {
  it('about a variable: the line, its text, and three ways', () => {
    expect(check('(x) => {\n  return x * factor;\n}').message).toBe(
      'This work function cannot be shipped: it uses `factor`, which is not in it, on line 2 of its source: «return x * factor;». ' +
        "A work function is sent as its source and sees only its parameters and the sandbox's globals; pass its value as an argument " +
        '(computeFor(data, work, [value])), or as a constant by job.capture({ factor }); write a function inside the work function; ' +
        "for a package, name it in computeFor's option imports or by job.requires; or write the work function in a file of its own " +
        "and pass its URL, new URL('./work.js', import.meta.url).",
    );
  });

  it.each([
    ['(x) => fs_1.readFileSync(x)', /`fs_1\.readFileSync`.*`readFileSync` seems to be imported/],
    ['(x) => __vite_ssr_import_1__.mean(x)', /`__vite_ssr_import_1__\.mean`.*`mean` seems to be imported/],
    ['(x) => (0, import_mathjs.sqrt)(x)', /`sqrt` seems to be imported/],
    ['(x) => lodash__WEBPACK_IMPORTED_MODULE_0___default.chunk(x)', /`chunk` seems to be imported/],
    ['(x) => __awaiter(void 0, void 0, void 0, function* () {})', /helper of a compiler.*ES2022/],
    ['(x) => __async(null, null, function* () {})', /helper of a compiler/],
    ['(x) => _asyncToGenerator(function* () {})()', /helper of a compiler/],
    ['(x) => { cov_1x2y().s[0]++; return x }', /counts coverage/],
    ['(x) => process.env.HOME + x', /set job\.env, and read work\.env/],
    ['(x) => Buffer.from(x)', /use Uint8Array/],
    ['(x) => localStorage.getItem(x)', /sandbox has no localStorage/],
    ['(x) => { last = x; }', /cannot be set from a slice: return the value/],
    ['(x) => this.k + x', /sent without its `this`/],
  ])('%s', (text, message) => {
    expect(check(text).message).toMatch(message);
  });

  it('about import.meta in a function, which is no syntax of a script', () => {
    const error = importMetaError('(x) => new URL("./a", import.meta.url)');
    expect(error?.message).toMatch(/uses `import\.meta`.* line 1 .*add files to job\.fs/);
    expect(importMetaError('(x) => {')).toBeUndefined();
  });

  it('names at most eleven, and shortens long lines', () => {
    const { message } = check(
      `(x) => [${'"some text", '.repeat(50)}${Array.from({ length: 20 }, (_, i) => `n${i}`).join()}]`,
    );
    expect(message).toContain('`n10` (line 1), 9 more.');
    expect(message).not.toContain('`n11`');
    expect(message.length).toBeLessThan(1_200);
  });
});
